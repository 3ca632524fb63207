package salesforce

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const (
	maxParts = 25
	// maxHeavy is how many parts of a composite may be queries or collections.
	maxHeavy = 5
)

// part is one call of a composite.
type part struct {
	Method    string            `json:"method"`
	URL       string            `json:"url"`
	Reference string            `json:"referenceId"`
	Body      json.RawMessage   `json:"body"`
	Headers   map[string]string `json:"httpHeaders"`
}

// partAnswer is what one part was answered.
type partAnswer struct {
	Body      any               `json:"body"`
	Headers   map[string]string `json:"httpHeaders"`
	Status    int               `json:"httpStatusCode"`
	Reference string            `json:"referenceId"`
}

// composite makes calls one after the other; later ones refer to the answers of earlier ones.
func (s *Server) composite(r *request) answer {
	var in struct {
		AllOrNone bool   `json:"allOrNone"`
		Collate   bool   `json:"collateSubrequests"`
		Parts     []part `json:"compositeRequest"`
	}
	if f := decode(r.body, &in); f != nil {
		return f.answer()
	}
	r.items = len(in.Parts)
	if f := checkParts(in.Parts); f != nil {
		return f.answer()
	}
	mark, failed := len(s.undo), false
	answers := make([]partAnswer, len(in.Parts))
	told := map[string]any{}
	for i, p := range in.Parts {
		result := halted("The transaction was rolled back since another operation in the same transaction failed.")
		if !failed || !in.AllOrNone {
			result = s.part(r, p, told)
		}
		answers[i] = partAnswer{Body: result.body, Headers: result.header, Status: result.status, Reference: p.Reference}
		if result.header == nil {
			answers[i].Headers = map[string]string{}
		}
		if result.status >= http.StatusMultipleChoices || itemFailed(result.body, in.AllOrNone) {
			if !failed && in.AllOrNone {
				s.rollBack(mark)
				for j := range i {
					before := halted("The transaction was rolled back since another operation in the same transaction failed.")
					answers[j].Body, answers[j].Status, answers[j].Headers = before.body, before.status, map[string]string{}
				}
			}
			failed = true
		}
		if result.status < http.StatusMultipleChoices {
			told[p.Reference] = plain(result.body)
		}
	}
	return answer{status: http.StatusOK, body: map[string]any{"compositeResponse": answers}}
}

// itemFailed says whether a collection in a composite of all or nothing has a record that failed.
func itemFailed(body any, allOrNone bool) bool {
	items, ok := body.([]map[string]any)
	if !ok || !allOrNone {
		return false
	}
	for _, item := range items {
		if item["success"] == false {
			return true
		}
	}
	return false
}

var (
	aReference = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_]*$`)
	heavyPart  = regexp.MustCompile(`^/services/data/v[0-9.]+/(query|queryAll|composite/sobjects)([/?]|$)`)
)

// inherited are headers that parts have from the composite and may not have of their own.
var inherited = []string{"Accept", "Authorization", "Content-Type"}

func checkParts(parts []part) *failure {
	heavy, seen := 0, map[string]bool{}
	for _, p := range parts {
		if heavyPart.MatchString(p.URL) {
			heavy++
		}
		switch {
		case p.Reference == "" || seen[p.Reference]:
			return refused(http.StatusBadRequest, "INVALID_INPUT", "Every part needs a referenceId of its own")
		case !aReference.MatchString(p.Reference):
			return refused(http.StatusBadRequest, "JSON_PARSER_ERROR", "Provided referenceId ('%s') must start with a letter or a number, and it can contain only letters, numbers and underscores ('_').", p.Reference)
		case !strings.HasPrefix(p.URL, "/services/data/v"):
			return refused(http.StatusBadRequest, "INVALID_INPUT", "The URL of a part begins with /services/data/")
		}
		for name := range p.Headers {
			if slices.Contains(inherited, http.CanonicalHeaderKey(name)) {
				return refused(http.StatusBadRequest, "INVALID_HEADER", "A part may not have the header %s", name)
			}
		}
		seen[p.Reference] = true
	}
	switch {
	case len(parts) == 0:
		return refused(http.StatusBadRequest, "INVALID_INPUT", "compositeRequest is empty")
	case len(parts) > maxParts:
		return refused(http.StatusBadRequest, "LIMIT_EXCEEDED", "Maximum number of subrequests exceeded: %d", maxParts)
	case heavy > maxHeavy:
		return refused(http.StatusBadRequest, "LIMIT_EXCEEDED", "Maximum number of query and collection subrequests exceeded: %d", maxHeavy)
	}
	return nil
}

func halted(message string) answer {
	return answer{status: http.StatusBadRequest, body: []map[string]any{{"errorCode": "PROCESSING_HALTED", "message": message}}}
}

var referred = regexp.MustCompile(`@\{([^}]+)\}`)

// part makes one call of a composite.
func (s *Server) part(r *request, p part, told map[string]any) answer {
	missing, from := "", ""
	fill := func(text string, encode func(string) string) string {
		return referred.ReplaceAllStringFunc(text, func(found string) string {
			value, ok := lookUp(told, found[2:len(found)-1])
			if !ok {
				missing = found[2 : len(found)-1]
				from = step.FindString(missing)
			}
			return encode(value)
		})
	}
	address := fill(p.URL, func(value string) string { return url.PathEscape(value) })
	body := fill(string(p.Body), func(value string) string {
		quoted, _ := json.Marshal(value) // a text: it cannot go wrong
		return strings.Trim(string(quoted), `"`)
	})
	if missing != "" {
		return halted("Invalid reference specified. No value for " + missing + " found in " + from + ".")
	}
	parsed, err := url.Parse(address)
	if err != nil {
		return notFound().answer()
	}
	header := http.Header{}
	for name, value := range p.Headers {
		header.Set(name, value)
	}
	for _, name := range []string{"Sforce-Auto-Assign", "Sforce-Duplicate-Rule-Header"} {
		if header.Get(name) == "" && r.header.Get(name) != "" {
			header.Set(name, r.header.Get(name))
		}
	}
	inner, ok := parse(p.Method, parsed.EscapedPath(), parsed.Query(), header, []byte(body))
	if !ok || len(inner.path) == 0 || (len(inner.path) == 1 && inner.path[0] == "composite") || inner.path[0] == "jobs" {
		return notFound().answer()
	}
	return s.dispatch(inner)
}

// plain is an answer as its reader sees it.
func plain(body any) any {
	data, err := json.Marshal(body)
	if err != nil {
		return nil
	}
	var out any
	if json.Unmarshal(data, &out) != nil {
		return nil
	}
	return out
}

var step = regexp.MustCompile(`[^.\[\]]+|\[\d+\]`)

// lookUp follows a reference such as lead.id or found.records[0].Id.
func lookUp(told map[string]any, path string) (string, bool) {
	var at any = told
	for _, name := range step.FindAllString(path, -1) {
		switch here := at.(type) {
		case map[string]any:
			at = here[name]
		case []any:
			i, err := strconv.Atoi(strings.Trim(name, "[]"))
			if err != nil || i >= len(here) {
				return "", false
			}
			at = here[i]
		default:
			return "", false
		}
	}
	if at == nil {
		return "", false
	}
	return fmt.Sprint(at), true
}
