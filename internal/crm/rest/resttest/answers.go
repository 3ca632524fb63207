package resttest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"handoff/internal/crm/rest/resttest/standin"
)

func decode(response http.ResponseWriter, request *http.Request) (map[string]any, bool) {
	body, ok := standin.Body(request)
	if !ok {
		refuse(response, http.StatusBadRequest, "no_json")
	}
	return body, ok
}

// search finds by any parameter, by what a value begins with; without one it lists what changed, page by page.
func (c *CRM) search(response http.ResponseWriter, request *http.Request) {
	query := request.URL.Query()
	found := []any{}
	for _, person := range c.people {
		matches := true
		for _, name := range []string{"email", "number"} {
			if asked := query.Get(name); asked != "" && !strings.HasPrefix(strings.ToLower(fmt.Sprint(person[name])), strings.ToLower(asked)) {
				matches = false
			}
		}
		if since, err := time.Parse(time.RFC3339, query.Get("since")); err == nil {
			changed, _ := time.Parse(time.RFC3339Nano, person["changed"].(string))
			matches = matches && !changed.Before(since)
		}
		if matches {
			found = append(found, person)
		}
	}
	if size, err := strconv.Atoi(query.Get("size")); err == nil {
		from, _ := strconv.Atoi(query.Get("from"))
		found = found[min(from, len(found)):min(from+size, len(found))]
	}
	standin.Reply(response, http.StatusOK, map[string]any{"items": found})
}

func (c *CRM) create(response http.ResponseWriter, request *http.Request) {
	body, ok := decode(response, request)
	if !ok {
		return
	}
	if code, fields := valid(body); code != "" {
		refuse(response, http.StatusUnprocessableEntity, code, fields...)
		return
	}
	standin.Reply(response, http.StatusCreated, c.add(body))
}

func (c *CRM) read(response http.ResponseWriter, request *http.Request) {
	person := c.byID(request.PathValue("id"))
	if person == nil {
		refuse(response, http.StatusNotFound, "no_such_person")
		return
	}
	standin.Reply(response, http.StatusOK, map[string]any{"data": person})
}

func (c *CRM) change(response http.ResponseWriter, request *http.Request) {
	body, ok := decode(response, request)
	if !ok {
		return
	}
	person := c.byID(request.PathValue("id"))
	if person == nil {
		refuse(response, http.StatusNotFound, "no_such_person")
		return
	}
	if code, fields := valid(body); code != "" {
		refuse(response, http.StatusUnprocessableEntity, code, fields...)
		return
	}
	c.store(person, body)
	response.WriteHeader(http.StatusNoContent)
}

// changed lists what changed in the order of changes, a page of two; the next one is in the header Link.
func (c *CRM) changed(response http.ResponseWriter, request *http.Request) {
	const size = 2
	since, _ := strconv.ParseInt(request.URL.Query().Get("since"), 10, 64)
	from, _ := strconv.Atoi(request.URL.Query().Get("from"))
	found := []any{}
	for _, person := range c.people {
		if at, _ := time.Parse(time.RFC3339Nano, person["changed"].(string)); at.UnixMilli() >= since {
			found = append(found, person)
		}
	}
	if from+size < len(found) {
		response.Header().Set("Link", fmt.Sprintf(`<http://%s/full/people?since=%d&from=%d>; rel="next"`, request.Host, since, from+size))
	}
	standin.Reply(response, http.StatusOK, map[string]any{"data": found[min(from, len(found)):min(from+size, len(found))]})
}

// searchSeveral finds people by one of several values of a field.
func (c *CRM) searchSeveral(response http.ResponseWriter, request *http.Request) {
	body, ok := decode(response, request)
	if !ok {
		return
	}
	found := []any{}
	values, _ := body["values"].([]any)
	for _, person := range c.people {
		for _, value := range values {
			if strings.EqualFold(fmt.Sprint(person[fmt.Sprint(body["field"])]), fmt.Sprint(value)) {
				found = append(found, map[string]any{"score": 1, "person": person})
			}
		}
	}
	standin.Reply(response, http.StatusOK, map[string]any{"hits": found})
}

// taken says that another person has the e-mail address or the number.
func (c *CRM) taken(values map[string]any, id any) []string {
	for _, person := range c.people {
		for _, name := range []string{"email", "number"} {
			if values[name] != nil && values[name] == person[name] && person["id"] != id {
				return []string{name}
			}
		}
	}
	return nil
}

func (c *CRM) upsertSeveral(response http.ResponseWriter, request *http.Request) {
	c.several(response, request, func(values map[string]any) (map[string]any, string) {
		for _, person := range c.people {
			if strings.EqualFold(fmt.Sprint(person["email"]), fmt.Sprint(values["email"])) {
				return person, "update"
			}
		}
		return nil, "insert"
	})
}

func (c *CRM) updateSeveral(response http.ResponseWriter, request *http.Request) {
	c.several(response, request, func(values map[string]any) (map[string]any, string) {
		id, _ := values["id"].(json.Number) // a text is nobody's
		person := c.byID(id.String())
		delete(values, "id")
		if person == nil {
			return nil, "gone"
		}
		return person, "update"
	})
}

func (c *CRM) several(response http.ResponseWriter, request *http.Request, which func(map[string]any) (map[string]any, string)) {
	body, ok := decode(response, request)
	if !ok {
		return
	}
	var results []any
	records, _ := body["data"].([]any)
	for _, record := range records {
		values, _ := record.(map[string]any)
		person, action := which(values)
		result := map[string]any{"status": http.StatusOK, "action": action}
		var id any
		if person != nil {
			id = person["id"]
		}
		taken := c.taken(values, id)
		switch code, fields := valid(values); {
		case code != "":
			result = problem(code, fields)
			result["status"] = http.StatusUnprocessableEntity
		case action == "gone":
			result = problem("no_such_person", nil)
			result["status"] = http.StatusNotFound
		case taken != nil:
			result = problem("taken", taken)
			result["status"] = http.StatusConflict
		case action == "insert":
			result["id"] = c.add(values)["id"]
		default:
			c.store(person, values)
			result["id"] = person["id"]
		}
		results = append(results, result)
	}
	standin.Reply(response, http.StatusMultiStatus, map[string]any{"results": results})
}
