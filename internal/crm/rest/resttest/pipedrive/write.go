package pipedrive

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"handoff/internal/crm/rest/resttest/standin"
)

const schemaFailed = "ERR_SCHEMA_VALIDATION_FAILED"

// check says what is wrong with a request's body, and reads it apart into members and custom fields.
func (c *Company) check(k kind, body map[string]any) (members, custom map[string]any, problem string) {
	members, custom = map[string]any{}, map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(body)) {
		value, kindOf := body[name], k.members[name]
		f, own := c.custom(k, name)
		switch {
		case kindOf == "custom":
			inner, is := value.(map[string]any)
			if !is {
				return nil, nil, "custom_fields: Expected 'object'"
			}
			for _, code := range slices.Sorted(maps.Keys(inner)) {
				f, known := c.custom(k, code)
				if !known {
					return nil, nil, "custom_fields: Unknown key '" + code + "'"
				}
				if problem := wrongCustom(k.name, f, inner[code]); problem != "" {
					return nil, nil, problem
				}
				custom[code] = inner[code]
			}
		case k.first && own: // leads have them beside the other members
			if problem := wrongCustom(k.name, f, value); problem != "" {
				return nil, nil, problem
			}
			custom[name] = value
		case kindOf == "":
			return nil, nil, name + ": Unknown key '" + name + "'"
		default:
			if problem := wrong(kindOf, value); problem != "" {
				return nil, nil, name + ": " + problem
			}
			members[name] = value
		}
	}
	return members, custom, c.dangling(members)
}

// custom is one of a kind's custom fields.
func (c *Company) custom(k kind, code string) (Field, bool) {
	for _, f := range c.fields[k.fieldsOf] {
		if f.Custom && f.Code == code {
			return f, true
		}
	}
	return Field{}, false
}

// dangling says which link leads nowhere.
func (c *Company) dangling(members map[string]any) string {
	for name, to := range map[string]string{"person_id": "person", "org_id": "organization", "organization_id": "organization", "deal_id": "deal", "lead_id": "lead"} {
		if id := members[name]; id != nil && c.byID(to, fmt.Sprint(id)) == nil {
			return name + ": not found"
		}
	}
	participants, _ := members["participants"].([]any)
	for _, one := range participants {
		if c.byID("person", fmt.Sprint(one.(map[string]any)["person_id"])) == nil {
			return "participants: not found"
		}
	}
	return ""
}

func (c *Company) byID(kind, id string) standin.Record {
	return c.First(kind, func(r standin.Record) bool { return fmt.Sprint(r["id"]) == id })
}

func (c *Company) fail(w http.ResponseWriter, k kind, problem string) {
	if k.first {
		refuse(w, http.StatusBadRequest, problem, nil)
		return
	}
	refuse(w, http.StatusBadRequest, "Validation failed: "+problem, schemaFailed)
}

// body reads a request's body. The person of an activity can only be read: it is the primary one of its participants. See
// https://pipedrive.readme.io/docs/pipedrive-api-v2-migration-guide.
func (k kind) body(w http.ResponseWriter, r *http.Request) (map[string]any, bool) {
	body, ok := standin.Body(r)
	_, person := body["person_id"]
	switch {
	case !ok:
		refuse(w, http.StatusBadRequest, "Bad request", "ERR_BAD_REQUEST")
	case person && k.name == "activity":
		refuse(w, http.StatusBadRequest, "'person_id' is a read-only field. Add a primary participant to set 'person_id' instead.", "ERR_BAD_REQUEST")
		return nil, false
	}
	return body, ok
}

func (c *Company) create(w http.ResponseWriter, r *http.Request, k kind) {
	body, ok := k.body(w, r)
	if !ok {
		return
	}
	members, custom, problem := c.check(k, body)
	linked := len(k.links) == 0 || slices.ContainsFunc(k.links, func(name string) bool { return members[name] != nil })
	switch {
	case problem != "":
	case k.needs != "" && (members[k.needs] == nil || members[k.needs] == ""):
		problem = k.needs + ": is required"
	case !linked:
		problem = strings.Join(k.links, " or ") + " is required"
	}
	if problem != "" {
		c.fail(w, k, problem)
		return
	}
	c.last++
	record := standin.Record{"id": json.Number(strconv.Itoa(c.last)), "owner_id": json.Number(strconv.Itoa(Me))}
	if k.name == "lead" {
		record["id"] = fmt.Sprintf("8ba414d0-8ad8-11ef-9e9e-%012d", c.last)
	}
	if k.name == "note" {
		delete(record, "owner_id")
		record["user_id"] = json.Number(strconv.Itoa(Me))
	}
	maps.Copy(record, k.empty)
	record["add_time"] = c.moment(k)
	c.store(k, record, members, custom)
	c.Add(k.name, record)
	standin.Reply(w, http.StatusCreated, map[string]any{"success": true, "data": record})
}

func (c *Company) update(w http.ResponseWriter, r *http.Request, k kind) {
	record := c.byID(k.name, r.PathValue("id"))
	if record == nil {
		notFound(w, k)
		return
	}
	body, ok := k.body(w, r)
	if !ok {
		return
	}
	members, custom, problem := c.check(k, body)
	if problem != "" {
		c.fail(w, k, problem)
		return
	}
	c.store(k, record, members, custom)
	standin.Reply(w, http.StatusOK, map[string]any{"success": true, "data": record})
}

func notFound(w http.ResponseWriter, k kind) {
	refuse(w, http.StatusNotFound, strings.ToUpper(k.name[:1])+k.name[1:]+" not found", "ERR_NOT_FOUND")
}

// store writes values; an answer of leads does not have custom fields without a value. Notes are kept as a browser would have
// them.
func (c *Company) store(k kind, record standin.Record, members, custom map[string]any) {
	record.Change(members)
	if k.first {
		for code, value := range custom {
			if value == nil {
				delete(record, code)
			} else {
				record[code] = value
			}
		}
	} else if k.members["custom_fields"] != "" {
		kept := maps.Clone(record["custom_fields"].(map[string]any)) // as empty has it
		maps.Copy(kept, custom)
		record["custom_fields"] = kept
	}
	if name, is := record["name"].(string); is && k.name == "person" {
		first, last, _ := strings.Cut(name, " ")
		record["first_name"], record["last_name"] = first, last
	}
	if k.name == "activity" {
		record["person_id"] = nil
		participants, _ := record["participants"].([]any)
		for _, one := range participants {
			if entry, _ := one.(map[string]any); entry["primary"] == true {
				record["person_id"] = entry["person_id"]
			}
		}
	}
	record["update_time"] = c.moment(k)
}

// moment is now, as a kind has moments.
func (c *Company) moment(k kind) string {
	switch k.name {
	case "note":
		return c.Now().Format(time.DateTime)
	case "lead":
		return c.Now().Format("2006-01-02T15:04:05.000Z07:00")
	}
	return c.Now().Format(time.RFC3339)
}
