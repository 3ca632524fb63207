package apidescription

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// errUnknown is about a path that is not described.
var errUnknown = errors.New("the path is not described")

func (d *description) check(r *http.Request) error {
	about := func(err error) error { return fmt.Errorf("%s %s: %s: %w", r.Method, r.URL.Path, d.vendor, err) }
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return about(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	own := r.Clone(r.Context()) // validating reads the body, and decodes the form
	own.Body, own.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	route, params, err := d.router.FindRoute(own)
	switch {
	case errors.Is(err, routers.ErrPathNotFound):
		return about(errUnknown)
	case errors.Is(err, routers.ErrMethodNotAllowed):
		return about(errors.New("the method is not described"))
	case err != nil:
		return about(err)
	}
	for name, value := range params { // as they stand in the path
		if params[name], err = url.PathUnescape(value); err != nil {
			return about(err)
		}
	}
	if custom, ok := route.Operation.Extensions["x-custom-members"].(string); ok {
		own.Body = io.NopCloser(bytes.NewReader(withoutMembers(body, custom)))
	}
	d.mu.Lock()
	d.used[route.Operation.OperationID] = true
	d.mu.Unlock()
	found := openapi3filter.ValidateRequest(r.Context(), &openapi3filter.RequestValidationInput{
		Request: own, PathParams: params, Route: route, Options: &openapi3filter.Options{
			MultiError: true, RejectWhenRequestBodyNotSpecified: true, SkipSettingDefaults: true, AuthenticationFunc: authenticated,
		},
	})
	problems := append(sentences(found), unknownParameters(route, r.URL.Query())...)
	if list, ok := route.Operation.Extensions["x-subrequests"].(string); ok && len(problems) == 0 {
		problems = append(problems, d.checkParts(r, route.Operation, list, body)...)
	}
	if len(problems) > 0 {
		return about(errors.New(strings.Join(problems, "; ")))
	}
	return nil
}

// withoutMembers leaves out the members whose names are of a form that a customer's own fields have: no description can list
// them.
func withoutMembers(body []byte, names string) []byte {
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) != nil {
		return body // it is told that this is no object
	}
	custom := regexp.MustCompile(names) // of a description of ours
	maps.DeleteFunc(members, func(name string, _ json.RawMessage) bool { return custom.MatchString(name) })
	rest, _ := json.Marshal(members) // what was read from JSON
	return rest
}

// unknownParameters are those in the query that the operation has not.
func unknownParameters(route *routers.Route, query url.Values) []string {
	var problems []string
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if route.Operation.Parameters.GetByInAndName(openapi3.ParameterInQuery, name) == nil &&
			route.PathItem.Parameters.GetByInAndName(openapi3.ParameterInQuery, name) == nil {
			problems = append(problems, fmt.Sprintf("query parameter %s is unknown", name))
		}
	}
	return problems
}

// authenticated says that a request carries something of the kind that the scheme asks for.
func authenticated(_ context.Context, input *openapi3filter.AuthenticationInput) error {
	header := input.RequestValidationInput.Request.Header
	switch scheme := input.SecurityScheme; {
	case scheme.Type == "http":
		word, secret, _ := strings.Cut(header.Get("Authorization"), " ")
		if !strings.EqualFold(word, scheme.Scheme) || secret == "" {
			return fmt.Errorf("no %s in Authorization", scheme.Scheme)
		}
	case scheme.Type == "apiKey" && scheme.In == "header":
		word, _ := scheme.Extensions["x-word"].(string) // before the secret
		if secret, ok := strings.CutPrefix(header.Get(scheme.Name), word); !ok || secret == "" {
			return fmt.Errorf("no secret in %s", scheme.Name)
		}
	default:
		return fmt.Errorf("a scheme of the type %s cannot be checked", scheme.Type)
	}
	return nil
}

// subrequest is a request inside a request, as Salesforce's composite resource has them.
type subrequest struct {
	Method string            `json:"method"`
	URL    string            `json:"url"`
	Header map[string]string `json:"httpHeaders"`
	Body   json.RawMessage   `json:"body"`
}

// checkParts checks the requests that the body lists, each as if it had been sent alone, and that there are not more of the
// heavy ones than the operation takes.
func (d *description) checkParts(r *http.Request, whole *openapi3.Operation, list string, body []byte) []string {
	var all map[string]json.RawMessage
	var parts []subrequest
	if err := json.Unmarshal(body, &all); err != nil {
		return []string{err.Error()}
	}
	if err := json.Unmarshal(all[list], &parts); err != nil {
		return []string{err.Error()}
	}
	var problems []string
	heavy := 0
	for i, part := range parts {
		request, err := http.NewRequestWithContext(r.Context(), part.Method, "http://"+r.Host+part.URL, bytes.NewReader(part.Body))
		if err == nil {
			request.Header.Set("Authorization", r.Header.Get("Authorization"))
			if len(part.Body) > 0 {
				request.Header.Set("Content-Type", "application/json")
			}
			for name, value := range part.Header {
				request.Header.Set(name, value)
			}
			err = d.check(request)
		}
		if route, _, unknown := d.router.FindRoute(request); unknown == nil && route.Operation.Extensions["x-heavy"] == true {
			heavy++
		}
		if err != nil {
			problems = append(problems, fmt.Sprintf("/%s/%d: %s", list, i, err))
		}
	}
	if most, ok := whole.Extensions["x-heavy"].(float64); ok && heavy > int(most) {
		problems = append(problems, fmt.Sprintf("/%s: %d queries and collections, of %d that are allowed", list, heavy, int(most)))
	}
	return problems
}

// sentences says in short what is wrong and where, without the schema and without the value.
func sentences(err error) []string {
	switch wrong := err.(type) { //nolint:errorlint // each layer is looked at by itself
	case nil:
		return nil
	case openapi3.MultiError:
		var all []string
		for _, one := range wrong {
			all = append(all, sentences(one)...)
		}
		return all
	case *openapi3filter.RequestError:
		inner := sentences(wrong.Err)
		if len(inner) == 0 {
			inner = []string{wrong.Reason}
		}
		if wrong.Parameter != nil {
			for i := range inner {
				inner[i] = fmt.Sprintf("%s parameter %s: %s", wrong.Parameter.In, wrong.Parameter.Name, inner[i])
			}
		}
		return inner
	case *openapi3filter.SecurityRequirementsError:
		return sentences(openapi3.MultiError(wrong.Errors))
	case *openapi3.SchemaError:
		if wrong.Origin != nil {
			return sentences(wrong.Origin)
		}
		if place := wrong.JSONPointer(); len(place) > 0 {
			return []string{"/" + strings.Join(place, "/") + ": " + wrong.Reason}
		}
		return []string{wrong.Reason}
	}
	var several openapi3.MultiError // of alternatives
	if errors.As(err, &several) {
		return sentences(several)
	}
	return []string{err.Error()}
}
