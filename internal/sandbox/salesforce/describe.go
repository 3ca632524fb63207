package salesforce

import (
	"net/http"
	"slices"
	"sort"
	"strings"
	"time"
)

func (s *Server) describe(r *request, o *object) answer {
	header := map[string]string{"Last-Modified": o.changed.Format(http.TimeFormat)}
	if since, err := http.ParseTime(r.header.Get("If-Modified-Since")); err == nil && !o.changed.After(since) {
		return answer{status: http.StatusNotModified, header: header}
	}
	fields := make([]map[string]any, len(o.fields))
	for i, f := range o.fields {
		fields[i] = f.describe(o)
	}
	return answer{http.StatusOK, map[string]any{
		"name": o.name, "label": o.label, "keyPrefix": o.prefix, "custom": strings.HasSuffix(o.name, "__c"),
		"createable": !o.readOnly, "updateable": !o.readOnly, "deletable": !o.readOnly, "queryable": true, "retrieveable": true,
		"fields": fields, "recordTypeInfos": []map[string]any{{
			"active": true, "available": true, "defaultRecordTypeMapping": true, "developerName": "Master", "master": true, "name": "Master",
			"recordTypeId": "012000000000000AAA", "urls": map[string]string{"layout": r.base() + "/sobjects/" + o.name + "/describe/layouts/012000000000000AAA"},
		}},
	}, header}
}

func (f *field) describe(o *object) map[string]any {
	options := []map[string]any{}
	for _, option := range f.Options {
		options = append(options, map[string]any{"active": true, "defaultValue": option == f.fallback, "label": option, "validFor": nil, "value": option})
	}
	length := f.Length
	if f.Type == "picklist" && strings.HasSuffix(f.Name, "__c") {
		length = 255
	}
	references := append([]string{}, f.references...)
	var relationship any
	if f.relationship != "" {
		relationship = f.relationship
	}
	return map[string]any{
		"name": f.Name, "label": f.label, "type": f.Type, "length": length, "nillable": !f.Required, "custom": strings.HasSuffix(f.Name, "__c"),
		"createable": !f.readOnly && !o.readOnly, "updateable": !f.readOnly && !f.createOnly && !o.readOnly, "defaultedOnCreate": f.defaulted,
		"defaultValue": f.fallback, "restrictedPicklist": f.restricted, "dependentPicklist": false, "controllerName": nil,
		"externalId": f.ExternalID, "unique": f.Unique, "idLookup": f.idLookup, "caseSensitive": false, "calculated": false,
		"autoNumber": false, "precision": f.precision, "scale": 0, "referenceTo": references, "relationshipName": relationship,
		"picklistValues": options, "inlineHelpText": nil, "filterable": f.Type != "textarea" || f.Length <= 255, "sortable": f.Type != "textarea" || f.Length <= 255,
	}
}

func (s *Server) names() []string {
	all := make([]string, 0, len(s.objects))
	for name := range s.objects {
		all = append(all, name)
	}
	sort.Strings(all)
	return all
}

func (o *object) basic(base string) map[string]any {
	return map[string]any{
		"name": o.name, "label": o.label, "keyPrefix": o.prefix, "custom": strings.HasSuffix(o.name, "__c"), "createable": !o.readOnly, "updateable": !o.readOnly,
		"queryable": true, "urls": map[string]string{"sobject": base + "/sobjects/" + o.name, "describe": base + "/sobjects/" + o.name + "/describe"},
	}
}

func (s *Server) listObjects(r *request) answer {
	var all []map[string]any
	for _, name := range s.names() {
		all = append(all, s.objects[name].basic(r.base()))
	}
	return answer{status: http.StatusOK, body: map[string]any{"encoding": "UTF-8", "maxBatchSize": maxCollection, "sobjects": all}}
}

func (s *Server) basic(r *request, o *object) answer {
	return answer{status: http.StatusOK, body: map[string]any{"objectDescribe": o.basic(r.base()), "recentItems": []any{}}}
}

// between reads the two moments of a call, to the minute below.
func (s *Server) between(r *request) (start, end time.Time, bad *failure) {
	if bad = r.only("start", "end"); bad != nil {
		return
	}
	start, ok := parseMoment(r.query.Get("start"))
	end, also := parseMoment(r.query.Get("end"))
	switch {
	case !ok || !also:
		bad = refused(http.StatusBadRequest, "INVALID_REPLICATION_DATE", "start and end are dates and times")
	case !end.After(start.Add(time.Minute - time.Second)):
		bad = refused(http.StatusBadRequest, "INVALID_REPLICATION_DATE", "start must be before end by more than a minute")
	case start.Before(s.options.Now().Add(-30 * 24 * time.Hour)):
		bad = refused(http.StatusBadRequest, "INVALID_REPLICATION_DATE", "start is more than 30 days ago")
	}
	return start.Truncate(time.Minute), end.Truncate(time.Minute), bad
}

// updated lists the records that changed in a time.
func (s *Server) updated(r *request, o *object) answer {
	start, end, bad := s.between(r)
	if bad != nil {
		return bad.answer()
	}
	ids := []string{}
	for _, one := range o.order {
		if !one.deleted && !one.at.Before(start) && one.at.Before(end) {
			ids = append(ids, one.id)
		}
	}
	slices.Sort(ids)
	return answer{status: http.StatusOK, body: map[string]any{"ids": ids, "latestDateCovered": moment(earlier(end, s.options.Now()))}}
}

func (s *Server) deleted(r *request, o *object) answer {
	start, end, bad := s.between(r)
	if bad != nil {
		return bad.answer()
	}
	records := []map[string]string{}
	for _, one := range o.order {
		if one.deleted && !one.at.Before(start) && one.at.Before(end) {
			records = append(records, map[string]string{"id": one.id, "deletedDate": moment(one.at)})
		}
	}
	return answer{status: http.StatusOK, body: map[string]any{
		"deletedRecords": records, "earliestDateAvailable": moment(s.options.Now().Add(-30 * 24 * time.Hour)), "latestDateCovered": moment(earlier(end, s.options.Now())),
	}}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func (s *Server) limits(*request) answer {
	limit := func(most, used int) map[string]int {
		return map[string]int{"Max": most, "Remaining": max(0, most-used)}
	}
	most := s.options.PerDay
	if most < 0 {
		most = 5_000_000
	}
	return answer{status: http.StatusOK, body: map[string]any{
		"DailyApiRequests": limit(most, len(s.window)), "DailyBulkApiBatches": limit(15_000, 0), "DailyBulkV2QueryJobs": limit(10_000, 0), "DataStorageMB": limit(1_024, 0),
	}}
}
