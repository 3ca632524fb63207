package zoho

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// modules are those that each organization has, with the fields that it begins with.
func modules() map[string][]Field {
	text := func(names ...string) []Field {
		var all []Field
		for _, name := range names {
			name, mandatory := strings.CutSuffix(name, "!")
			all = append(all, Field{Name: name, Type: "text", Length: 255, Mandatory: mandatory})
		}
		return all
	}
	common := []Field{
		{Name: "Owner", Type: "ownerlookup"}, {Name: "Created_Time", Type: "datetime", ReadOnly: true}, {Name: "Modified_Time", Type: "datetime", ReadOnly: true},
		{Name: "Description", Type: "textarea", Length: 32000},
	}
	email, phone := Field{Name: "Email", Type: "email", Length: 100}, Field{Name: "Phone", Type: "phone", Length: 30}
	account := Field{Name: "Account_Name", Type: "lookup", Lookup: "Accounts"}
	return map[string][]Field{
		"Leads": append(append(text("Last_Name!", "First_Name", "Company", "Designation", "City", "Country"), common...), email, phone,
			Field{Name: "Website", Type: "website", Length: 255}, Field{Name: "No_of_Employees", Type: "integer", Length: 9},
			Field{Name: "Lead_Status", Type: "picklist", Options: []string{"Attempted to Contact", "Contacted", "Not Contacted"}},
			Field{Name: "Lead_Source", Type: "picklist", Options: []string{"Advertisement", "Web Download", "Web Research"}},
			Field{Name: "Email_Opt_Out", Type: "boolean"}, Field{Name: "Converted__s", Type: "boolean", ReadOnly: true}),
		"Contacts": append(append(text("Last_Name!", "First_Name", "Title"), common...), email, phone, account,
			Field{Name: "Lead_Source", Type: "picklist", Options: []string{"Advertisement", "Web Download", "Web Research"}}, Field{Name: "Email_Opt_Out", Type: "boolean"}),
		"Accounts": append(append(text("Account_Name!"), common...), phone, Field{Name: "Website", Type: "website", Length: 255}, Field{Name: "Employees", Type: "integer", Length: 9}),
		"Deals": append(append(text("Deal_Name!"), common...), account, Field{Name: "Contact_Name", Type: "lookup", Lookup: "Contacts"},
			Field{Name: "Stage", Type: "picklist", Mandatory: true, Options: []string{"Qualification", "Needs Analysis", "Closed Won"}},
			Field{Name: "Closing_Date", Type: "date"}, Field{Name: "Amount", Type: "currency"}, Field{Name: "Pipeline", Type: "picklist", Options: []string{"Standard (Standard)"}}),
		"Tasks": append(append(text("Subject!"), common...), Field{Name: "Who_Id", Type: "lookup", Lookup: "Contacts"}, Field{Name: "What_Id", Type: "lookup"},
			Field{Name: "$se_module", Type: "text"}, Field{Name: "Due_Date", Type: "date"}, Field{Name: "Status", Type: "picklist", Options: []string{"Not Started", "Completed"}}),
		"Notes": append(text("Note_Title"), Field{Name: "Note_Content", Type: "textarea", Length: 32000, Mandatory: true}, Field{Name: "Parent_Id", Type: "parent", Mandatory: true},
			Field{Name: "Owner", Type: "ownerlookup"}, Field{Name: "Modified_Time", Type: "datetime", ReadOnly: true}),
	}
}

func (o *Organization) field(module, name string) (Field, bool) {
	for _, f := range o.modules[module] {
		if f.Name == name {
			return f, true
		}
	}
	return Field{}, false
}

var (
	anAddress = regexp.MustCompile(`^[^@\s]+@[^@\s]+$`)
	aDay      = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)
)

// wrong says what kind of value a field wants, where the given one is none; "" where it is.
func (o *Organization) wrong(f Field, value any) (code, expected string) {
	if value == nil {
		return "", ""
	}
	text, isText := value.(string)
	number, isNumber := value.(json.Number)
	_, isBool := value.(bool)
	fits, expected := isText, "text"
	switch f.Type {
	case "email":
		fits, expected = isText && anAddress.MatchString(text), "email"
	case "integer":
		fits, expected = isNumber && !strings.ContainsAny(number.String(), ".eE"), "integer"
	case "double", "currency":
		fits, expected = isNumber, "double"
	case "boolean":
		fits, expected = isBool, "boolean"
	case "date":
		fits, expected = isText && aDay.MatchString(text), "date"
	case "datetime":
		_, err := time.Parse("2006-01-02T15:04:05-07:00", text) // no fractions
		fits, expected = isText && err == nil && !strings.Contains(text, "."), "datetime"
	case "multiselectpicklist":
		_, fits = value.([]any)
		expected = "jsonarray"
	case "ownerlookup", "lookup", "parent":
		fits, expected = o.leads(f, value), "jsonobject"
	}
	if !fits || isText && f.Length > 0 && len([]rune(text)) > f.Length {
		return "INVALID_DATA", expected
	}
	return "", ""
}

// leads says that a lookup leads to a record or a user that there is.
func (o *Organization) leads(f Field, value any) bool {
	object, is := value.(map[string]any)
	id, hasID := object["id"].(string)
	if !is || !hasID {
		return false
	}
	switch {
	case f.Type == "ownerlookup":
		return id == Me || id == Owner || id == Another
	case f.Type == "parent":
		module, _ := object["module"].(map[string]any)
		return o.byID(fmt.Sprint(module["api_name"]), id) != nil
	case f.Lookup != "":
		return o.byID(f.Lookup, id) != nil
	}
	return o.byID("Leads", id) != nil || o.byID("Deals", id) != nil || o.byID("Accounts", id) != nil
}
