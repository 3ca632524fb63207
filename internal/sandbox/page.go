package sandbox

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"strings"
	"time"

	"handoff/internal/sandbox/hubspot"
	"handoff/internal/sandbox/salesforce"
)

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"anchor": anchor, "start": start, "moment": readable, "status": http.StatusText,
}).Parse(pageText))

// What is shown of each: records of an object, and calls of a vendor.
const (
	mostRecords = 50
	mostCalls   = 25
)

// page shows a person what arrived.
func (s *Server) page(w http.ResponseWriter, r *http.Request) {
	contacts, leads := s.HubSpot.Overview(mostRecords), s.Salesforce.Overview(mostRecords)
	shown := map[string]bool{}
	hub := vendorShown{Name: "HubSpot", Objects: contacts, Calls: newest(s.HubSpot.Calls(), mostCalls)}
	for _, o := range contacts {
		hub.note(o.Name, o.Count)
		for _, record := range o.Records {
			shown[anchor(hub.Slug(), o.Name, record.ID)] = true
		}
	}
	force := vendorShown{Name: "Salesforce", Objects: leads, Calls: newest(s.Salesforce.Calls(), mostCalls)}
	for _, o := range leads {
		force.note(o.Name, o.Count)
		for _, record := range o.Records {
			shown[anchor(force.Slug(), o.Name, record.ID)] = true
		}
	}
	var out bytes.Buffer
	err := pageTemplate.Execute(&out, struct {
		Vendors                      []vendorShown
		Faults                       []Fault
		Shown                        map[string]bool // anchors of records
		Empty                        bool
		Host                         string
		HubSpotVersion, HubSpotToken string
		SalesforceToken              string
	}{
		[]vendorShown{hub, force}, s.Faults.List(), shown, len(shown) == 0, r.Host, hubspot.Version, hubspot.Token, salesforce.Token,
	})
	if err != nil {
		http.Error(w, "the page cannot be made", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(out.Bytes()) // the client is gone: nothing to do
}

// vendorShown is a vendor on the page: overviews and calls that the vendor's package has types of its own for.
type vendorShown struct {
	Name           string
	Objects, Calls any
	empty          []string
}

// Slug is the vendor in anchors.
func (v vendorShown) Slug() string { return strings.ToLower(v.Name) }

// Without are the objects that have no records.
func (v vendorShown) Without() string { return strings.Join(v.empty, ", ") }

func (v *vendorShown) note(object string, count int) {
	if count == 0 {
		v.empty = append(v.empty, object)
	}
}

func anchor(parts ...string) string { return strings.Join(parts, "-") }

// most is how long a text is before only its start is shown at first.
const most = 300

// start is what is shown of a long text at first; nothing of a short one.
func start(text string) string {
	runes := []rune(text)
	if len(runes) <= most {
		return ""
	}
	return string(runes[:most/2])
}

// readable is a vendor's moment as people read it, in UTC.
func readable(text string) string {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.000Z0700"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC().Format("2006-01-02 15:04:05")
		}
	}
	return text
}

// newest is the end of a list, newest first.
func newest[C any](calls []C, most int) []C {
	var last []C
	for i := len(calls) - 1; i >= 0 && len(last) < most; i-- {
		last = append(last, calls[i])
	}
	return last
}
