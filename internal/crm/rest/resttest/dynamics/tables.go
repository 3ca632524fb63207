package dynamics

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Column is a column of a table.
type Column struct {
	Name     string
	Type     string // as the metadata names types: String, Memo, Integer, Money, Boolean, DateTime, Picklist, MultiSelectPicklist, Lookup
	Length   int
	Options  []int
	Required bool // by the system
	// Binds are the navigation properties of a lookup, with the sets that they lead to.
	Binds map[string]string
}

type table struct {
	set, name, id string
	columns       []Column
	keys          []string // columns with an alternate key
}

// tables are those that each environment with Sales has, with some of their columns.
func tables() map[string]*table {
	text := func(names ...string) []Column {
		var all []Column
		for _, name := range names {
			all = append(all, Column{Name: name, Type: "String", Length: 100})
		}
		return all
	}
	lookup := func(name string, binds ...string) Column {
		c := Column{Name: name, Type: "Lookup", Binds: map[string]string{}}
		for _, bind := range binds {
			property, set, _ := strings.Cut(bind, ":")
			c.Binds[property] = set
		}
		return c
	}
	owner := lookup("ownerid", "ownerid:systemusers")
	memo := Column{Name: "description", Type: "Memo", Length: 2000}
	parents := []Column{lookup("parentaccountid", "parentaccountid:accounts"), lookup("parentcontactid", "parentcontactid:contacts")}
	sources := []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	all := []*table{
		{set: "accounts", name: "account", id: "accountid", columns: append(text("name", "websiteurl", "telephone1"), owner, memo, Column{Name: "numberofemployees", Type: "Integer"})},
		{set: "contacts", name: "contact", id: "contactid", columns: append(text("firstname", "lastname", "fullname", "emailaddress1", "telephone1", "mobilephone", "jobtitle"),
			owner, memo, Column{Name: "donotbulkemail", Type: "Boolean"}, lookup("parentcustomerid", "parentcustomerid_account:accounts", "parentcustomerid_contact:contacts"))},
		{set: "leads", name: "lead", id: "leadid", columns: append(append(text("subject", "firstname", "lastname", "companyname", "emailaddress1", "telephone1", "mobilephone", "websiteurl",
			"jobtitle", "address1_country"), parents...), owner, memo, Column{Name: "numberofemployees", Type: "Integer"}, Column{Name: "donotbulkemail", Type: "Boolean"},
			Column{Name: "leadsourcecode", Type: "Picklist", Options: sources})},
		{set: "opportunities", name: "opportunity", id: "opportunityid", columns: append(append(text("name"), parents...), owner, memo, Column{Name: "estimatedvalue", Type: "Money"},
			Column{Name: "estimatedclosedate", Type: "DateTime"}, lookup("customerid", "customerid_account:accounts", "customerid_contact:contacts"), lookup("originatingleadid", "originatingleadid:leads"))},
		{set: "annotations", name: "annotation", id: "annotationid", columns: append([]Column{{Name: "subject", Type: "String", Length: 500}}, owner, Column{Name: "notetext", Type: "Memo", Length: 100_000},
			lookup("objectid", "objectid_lead:leads", "objectid_contact:contacts", "objectid_account:accounts", "objectid_opportunity:opportunities"))},
		{set: "tasks", name: "task", id: "activityid", columns: append([]Column{{Name: "subject", Type: "String", Length: 200}}, owner, memo, Column{Name: "scheduledend", Type: "DateTime"},
			lookup("regardingobjectid", "regardingobjectid_lead_task:leads", "regardingobjectid_contact_task:contacts", "regardingobjectid_opportunity_task:opportunities"))},
		{set: "systemusers", name: "systemuser", id: "systemuserid"},
	}
	bySet := map[string]*table{}
	for _, t := range all {
		bySet[t.set] = t
	}
	return bySet
}

func (t *table) column(name string) (Column, bool) {
	for _, c := range t.columns {
		if c.Name == name {
			return c, true
		}
	}
	return Column{}, false
}

// bound is the lookup that a navigation property is of, and the set that it leads to.
func (t *table) bound(property string) (c Column, set string, found bool) {
	for _, c := range t.columns {
		if set, found := c.Binds[property]; found {
			return c, set, true
		}
	}
	return Column{}, "", false
}

// wrongType says that a value is not of a column's type, as the payload's reader says it: the column is not named.
func wrongType(c Column, value any) string {
	edm := map[string]string{"Integer": "Int32", "Picklist": "Int32", "Money": "Decimal", "Boolean": "Boolean", "DateTime": "DateTimeOffset"}[c.Type]
	if edm == "" {
		edm = "String"
	}
	text, fits := value.(string)
	switch c.Type {
	case "Integer", "Picklist":
		number, is := value.(json.Number)
		_, err := strconv.ParseInt(number.String(), 10, 32)
		fits = is && err == nil
	case "Money":
		_, fits = value.(json.Number)
	case "Boolean":
		_, fits = value.(bool)
	case "DateTime":
		_, err := time.Parse(time.RFC3339Nano, text)
		_, day := time.Parse(time.DateOnly, text)
		fits = fits && (err == nil || day == nil)
	}
	if value == nil || fits {
		return ""
	}
	return fmt.Sprintf("Cannot convert the literal '%v' to the expected type 'Edm.%s'.", value, edm)
}

var severalOptions = regexp.MustCompile(`^\d+(,\d+)*$`)

// invalid says that a value of the right type is not valid, with the code: here the column is named.
func invalid(t *table, c Column, value any) (code, message string) {
	text, isText := value.(string)
	const began = "A validation error occurred.  "
	switch {
	case isText && c.Length > 0 && len([]rune(text)) > c.Length:
		return "0x80044331", fmt.Sprintf(began+"The length of the '%s' attribute of the '%s' entity exceeded the maximum allowed length of '%d'.", c.Name, t.name, c.Length)
	case c.Type == "MultiSelectPicklist" && isText && !severalOptions.MatchString(text):
		return "0x80044331", fmt.Sprintf(began+"The value of '%s' on record of type '%s' is outside the valid range.", c.Name, t.name)
	case c.Type == "Picklist" && value != nil:
		number, _ := value.(json.Number)
		chosen, _ := strconv.Atoi(number.String())
		if !slices.Contains(c.Options, chosen) {
			return "0x8004431a", fmt.Sprintf(began+"The value %d of '%s' on record of type '%s' is outside the valid range. Accepted Values: 1,2,3", chosen, c.Name, t.name)
		}
	}
	return "", ""
}
