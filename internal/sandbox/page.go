package sandbox

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"

	"handoff/internal/sandbox/hubspot"
)

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// page shows a person what arrived.
func (s *Server) page(w http.ResponseWriter, _ *http.Request) {
	var out bytes.Buffer
	err := pageTemplate.Execute(&out, struct {
		Objects []hubspot.Overview
		Calls   []hubspot.Call
		Faults  []Fault
	}{s.HubSpot.Overview(50), newest(s.HubSpot.Calls(), 25), s.Faults.List()})
	if err != nil {
		http.Error(w, "the page cannot be made", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	_, _ = w.Write(out.Bytes()) // the client is gone: nothing to do
}

// newest is the end of a list, newest first.
func newest(calls []hubspot.Call, most int) []hubspot.Call {
	var last []hubspot.Call
	for i := len(calls) - 1; i >= 0 && len(last) < most; i-- {
		last = append(last, calls[i])
	}
	return last
}
