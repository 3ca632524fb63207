package standin

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
)

// Recorded is a vendor's recorded answer.
type Recorded struct {
	Request struct {
		Method string          `json:"method"`
		Path   string          `json:"path"`
		Body   json.RawMessage `json:"body"`
	} `json:"request"`
	Response struct {
		Status  int               `json:"status"`
		Headers map[string]string `json:"headers"`
		Body    any               `json:"body"`
	} `json:"response"`
}

// ReadRecorded reads one from a file.
func ReadRecorded(t testing.TB, path string) Recorded {
	t.Helper()
	var r Recorded
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err != nil {
		t.Fatalf("read a recorded answer: %v", err)
	}
	return r
}

// SameShape holds an answer to a recorded one: the status, the headers whose names are given, and all members of the body with
// their types. What is nothing in either may be anything in the other; of lists the first elements count.
func SameShape(t testing.TB, recorded Recorded, answer *http.Response, headers ...string) {
	t.Helper()
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != recorded.Response.Status {
		t.Errorf("status %d, recorded %d", answer.StatusCode, recorded.Response.Status)
	}
	for _, name := range headers {
		if recorded.Response.Headers[name] == "" || answer.Header.Get(name) == "" {
			t.Errorf("header %s: %q, recorded %q", name, answer.Header.Get(name), recorded.Response.Headers[name])
		}
	}
	var body any
	_ = json.NewDecoder(answer.Body).Decode(&body) // an empty body is nil, as it is recorded
	for _, problem := range differs("body", recorded.Response.Body, body) {
		t.Error(problem)
	}
}

func differs(path string, recorded, answered any) []string {
	if recorded == nil || answered == nil {
		return nil
	}
	switch want := recorded.(type) {
	case map[string]any:
		is, same := answered.(map[string]any)
		if !same {
			return []string{fmt.Sprintf("%s: %T, recorded an object", path, answered)}
		}
		var problems []string
		for _, name := range slices.Sorted(maps.Keys(want)) {
			value, there := is[name]
			if !there && !ofOneAccount(name) {
				problems = append(problems, path+"."+name+": missing")
			}
			problems = append(problems, differs(path+"."+name, want[name], value)...)
		}
		for _, name := range slices.Sorted(maps.Keys(is)) {
			if _, there := want[name]; !there && !ofOneAccount(name) {
				problems = append(problems, path+"."+name+": not recorded")
			}
		}
		return problems
	case []any:
		is, same := answered.([]any)
		if !same {
			return []string{fmt.Sprintf("%s: %T, recorded a list", path, answered)}
		}
		if len(want) == 0 || len(is) == 0 {
			return nil
		}
		return differs(path+"[0]", want[0], is[0])
	}
	if fmt.Sprintf("%T", recorded) != fmt.Sprintf("%T", answered) {
		return []string{fmt.Sprintf("%s: %T, recorded %T", path, answered, recorded)}
	}
	return nil
}

// ofOneAccount says that a member is a field that one account has made.
func ofOneAccount(name string) bool { return len(name) == 40 || strings.HasPrefix(name, "new_") }
