package sandbox

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
)

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// page shows a person what arrived.
func (s *Server) page(w http.ResponseWriter, _ *http.Request) {
	var out bytes.Buffer
	err := pageTemplate.Execute(&out, struct {
		Vendors []shown
		Faults  []Fault
	}{[]shown{
		{"HubSpot", s.HubSpot.Overview(50), newest(s.HubSpot.Calls(), 25)},
		{"Salesforce", s.Salesforce.Overview(50), newest(s.Salesforce.Calls(), 25)},
	}, s.Faults.List()})
	if err != nil {
		http.Error(w, "the page cannot be made", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	_, _ = w.Write(out.Bytes()) // the client is gone: nothing to do
}

// shown is a vendor on the page: overviews and calls that the vendor's package has types of its own for.
type shown struct {
	Name           string
	Objects, Calls any
}

// newest is the end of a list, newest first.
func newest[C any](calls []C, most int) []C {
	var last []C
	for i := len(calls) - 1; i >= 0 && len(last) < most; i-- {
		last = append(last, calls[i])
	}
	return last
}
