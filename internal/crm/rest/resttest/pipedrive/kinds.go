package pipedrive

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// kind is one of the account's objects.
type kind struct {
	name     string
	path     string
	change   string            // the method that changes one
	first    bool              // by the first version of the API
	members  map[string]string // what a request may have, with its type
	fieldsOf string            // whose custom fields it has
	searched []string          // what a search may look at
	listed   []string          // parameters of its list
	empty    map[string]any    // members of an answer without a value
	links    []string          // one of which it needs
	needs    string
}

var kinds = []kind{
	{
		name: "person", path: "/api/v2/persons", change: "PATCH", fieldsOf: "person", searched: []string{"custom_fields", "email", "notes", "phone", "name"},
		members: types("name:string owner_id:integer org_id:integer add_time:string update_time:string emails:entries phones:entries visible_to:integer label_ids:list marketing_status:marketing custom_fields:custom"),
		listed:  strings.Fields("filter_id ids owner_id org_id deal_id updated_since updated_until sort_by sort_direction include_fields custom_fields limit cursor"),
		empty: map[string]any{"first_name": nil, "last_name": nil, "org_id": nil, "emails": []any{}, "phones": []any{}, "is_deleted": false,
			"visible_to": 3, "label_ids": []any{}, "picture_id": nil, "custom_fields": map[string]any{}},
		needs: "name",
	}, {
		name: "organization", path: "/api/v2/organizations", change: "PATCH", fieldsOf: "organization", searched: []string{"address", "custom_fields", "notes", "name"},
		members: types("name:string owner_id:integer add_time:string update_time:string visible_to:integer label_ids:list address:object custom_fields:custom"),
		listed:  strings.Fields("filter_id ids owner_id updated_since updated_until sort_by sort_direction include_fields custom_fields limit cursor"),
		empty:   map[string]any{"is_deleted": false, "visible_to": 3, "label_ids": []any{}, "address": nil, "custom_fields": map[string]any{}},
		needs:   "name",
	}, {
		name: "deal", path: "/api/v2/deals", change: "PATCH", fieldsOf: "deal", searched: []string{"custom_fields", "notes", "title"},
		members: types("title:string owner_id:integer person_id:integer org_id:integer pipeline_id:integer stage_id:integer value:number currency:string status:string probability:number visible_to:integer expected_close_date:string label_ids:list custom_fields:custom"),
		listed:  strings.Fields("filter_id ids owner_id person_id org_id pipeline_id stage_id status updated_since updated_until sort_by sort_direction include_fields custom_fields limit cursor"),
		empty: map[string]any{"person_id": nil, "org_id": nil, "pipeline_id": 1, "stage_id": 1, "value": 0, "currency": "EUR", "status": "open",
			"expected_close_date": nil, "is_deleted": false, "custom_fields": map[string]any{}},
		needs: "title",
	}, {
		name: "activity", path: "/api/v2/activities", change: "PATCH", fieldsOf: "activity",
		members: types("subject:string type:string owner_id:integer deal_id:integer lead_id:string org_id:integer due_date:string due_time:string duration:string busy:boolean done:boolean public_description:string priority:integer note:string participants:participants"),
		listed:  strings.Fields("filter_id ids owner_id deal_id lead_id person_id org_id done updated_since updated_until sort_by sort_direction include_fields limit cursor"),
		empty: map[string]any{"type": "call", "deal_id": nil, "lead_id": nil, "person_id": nil, "org_id": nil, "due_date": nil, "done": false, "note": nil, "participants": []any{},
			"is_deleted": false},
	}, {
		name: "lead", path: "/api/v1/leads", change: "PATCH", first: true, fieldsOf: "deal", searched: []string{"custom_fields", "notes", "title"},
		members: types("title:string owner_id:integer label_ids:list person_id:integer organization_id:integer value:object expected_close_date:string visible_to:string was_seen:boolean is_archived:boolean origin_id:string channel:integer channel_id:string"),
		listed:  strings.Fields("limit start owner_id person_id organization_id filter_id updated_since sort"),
		empty: map[string]any{"creator_id": Me, "label_ids": []any{}, "value": nil, "expected_close_date": nil, "person_id": nil, "organization_id": nil,
			"is_archived": false, "source_name": "API", "origin": "API", "origin_id": nil, "channel": nil, "channel_id": nil, "was_seen": false,
			"next_activity_id": nil, "visible_to": "3", "cc_email": "company+lead@example.com"},
		links: []string{"person_id", "organization_id"}, needs: "title",
	}, {
		name: "note", path: "/api/v1/notes", change: "PUT", first: true,
		members: types("content:string lead_id:string deal_id:integer person_id:integer org_id:integer user_id:integer add_time:string pinned_to_lead_flag:integer pinned_to_person_flag:integer pinned_to_deal_flag:integer pinned_to_organization_flag:integer"),
		listed:  strings.Fields("user_id lead_id deal_id person_id org_id start limit sort start_date end_date updated_since"),
		empty:   map[string]any{"active_flag": true, "lead_id": nil, "deal_id": nil, "person_id": nil, "org_id": nil},
		links:   []string{"lead_id", "deal_id", "person_id", "org_id"}, needs: "content",
	},
}

func types(text string) map[string]string {
	all := map[string]string{}
	for _, one := range strings.Fields(text) {
		name, kind, _ := strings.Cut(one, ":")
		all[name] = kind
	}
	return all
}

// standard are fields that each company has, of a type unless they say another.
func standard(kind string, codes ...string) []Field {
	var all []Field
	for _, code := range codes {
		name, own, found := strings.Cut(code, ":")
		if !found {
			own = kind
		}
		all = append(all, Field{Code: name, Type: own})
	}
	return all
}

// wrong says what is wrong with a value of a standard member; "" where nothing is.
func wrong(kind string, value any) string {
	fits := value == nil
	switch v := value.(type) {
	case string:
		fits = kind == "string" || kind == "marketing" && slices.Contains([]string{"no_consent", "unsubscribed", "subscribed", "archived"}, v)
	case json.Number:
		fits = kind == "number" || kind == "integer" && !strings.ContainsAny(v.String(), ".eE")
	case bool:
		fits = kind == "boolean"
	case []any:
		fits = kind == "list" || kind == "entries" && all(v, isEntry) || kind == "participants" && all(v, isParticipant)
	case map[string]any:
		fits = kind == "object"
	}
	if fits {
		return ""
	}
	return "Expected '" + kind + "'"
}

func all(list []any, is func(any) bool) bool {
	return !slices.ContainsFunc(list, func(one any) bool { return !is(one) })
}

// isParticipant says that a value is an entry of an activity's participants.
func isParticipant(value any) bool {
	entry, is := value.(map[string]any)
	_, person := entry["person_id"].(json.Number)
	for name := range entry {
		is = is && slices.Contains([]string{"person_id", "primary"}, name)
	}
	return is && person
}

// isEntry says that a value is an entry of emails or phones.
func isEntry(value any) bool {
	entry, is := value.(map[string]any)
	text, filled := entry["value"].(string)
	for name := range entry {
		is = is && slices.Contains([]string{"value", "primary", "label"}, name)
	}
	return is && filled && text != ""
}

var dated = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)

// wrongCustom says what is wrong with the value of a custom field, in the second version's words.
func wrongCustom(of string, f Field, value any) string {
	expected := "string"
	fits := false
	text, isText := value.(string)
	number, isNumber := value.(json.Number)
	switch f.Type {
	case "double", "int":
		expected, fits = "number", isNumber
	case "enum":
		id, err := number.Int64()
		_, known := f.Options[int(id)]
		expected, fits = "number", isNumber && err == nil && known
	case "date":
		fits = isText && dated.MatchString(text)
	case "varchar":
		fits = isText && len(text) <= 255
	default:
		fits = isText
	}
	if value == nil || fits {
		return ""
	}
	return fmt.Sprintf("custom_fields: Expected '%s' as value for %s custom field '%s'", expected, of, f.Code)
}
