package rest

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"

	"github.com/tidwall/gjson"

	"handoff/internal/crm"
	"handoff/internal/crm/wire"
	"handoff/internal/restapi"
)

// write writes what was planned: records that are missing, then those that exist. It returns the items that have to go again.
func (j *job) write(items []*item) (again []*item) {
	var created, upserted, updated []*item
	for _, it := range items {
		switch {
		case it.found != nil && len(it.change.record) == 0:
			it.settle(j.o, it.found.id, it.found, it.result.Call)
		case j.o.Upsert != nil && sameNames(j.o.Upsert.By, it.by.by) && (it.found == nil || j.o.Update == nil):
			it.identify(j.o)
			upserted = append(upserted, it)
		case it.found == nil && j.o.Create != nil:
			created = append(created, it)
		case it.found != nil && j.o.Update != nil:
			updated = append(updated, it)
		default: // an upsert by another key would make a second record
			it.refuse(j.o, &crm.Error{Kind: crm.Misconfigured, Code: "no_way_to_write"}, it.result.Call)
			it.result.Err.Fields = slices.Clone(it.by.by)
		}
	}
	again = j.group("upsert", j.o.Upsert, upserted)
	again = append(again, j.group("create", j.o.Create, created)...)
	return append(again, j.group("update", j.o.Update, updated)...)
}

// identify puts the key into the record of an upsert, which goes by it. A plan leaves out what a known record has already.
func (it *item) identify(o *object) {
	if it.found == nil || o.Upsert.WithoutKey {
		return
	}
	for _, field := range it.by.by {
		f := o.fields[field]
		restapi.Set(it.change.record, f.At, it.written(f, it.write.Fields[field]))
	}
}

func (j *job) group(what string, w *restapi.Write, items []*item) (again []*item) {
	if len(items) == 0 {
		return nil
	}
	for chunk := range slices.Chunk(items, max(1, w.Max)) {
		again = append(again, j.send(what, w, chunk)...)
	}
	return again
}

// send writes some records in one call.
func (j *job) send(what string, w *restapi.Write, items []*item) (again []*item) {
	if j.stop != nil {
		j.refuseAll(items, j.stop, nil)
		return nil
	}
	request, values := w.Request, map[string]any{}
	if w.Max > 1 {
		var records []any
		for _, it := range items {
			records = append(records, it.entry(j.o, w))
		}
		values["records"] = records
	} else {
		values = items[0].values(j.o, w)
		if request.Body == nil {
			request.Body = "{record}"
		}
	}
	r, failure := j.Connector.send(j.ctx, what+" "+j.o.name, request, values)
	r.Call.Batch = len(items)
	switch {
	case failure != nil && len(items) > 1 && wire.MayBeOneItem(failure):
		// One of them is at fault, and the API has refused them all.
		half := len(items) / 2
		return append(j.send(what, w, items[:half]), j.send(what, w, items[half:])...)
	case failure != nil:
		j.meet(failure)
		return j.failAll(items, w, failure, r)
	case w.Max > 1:
		return j.settleSeveral(w, items, r)
	}
	return j.settleOne(items[0], w, r.Status, at(r.Body, ""), r)
}

// values are what a request about the item is filled with.
func (it *item) values(o *object, w *restapi.Write) map[string]any {
	values := map[string]any{"record": it.record(o, w)}
	if it.found != nil {
		values["id"] = sent(it.found.json.Get(o.ID))
		if o.Version != "" {
			values["version"] = sent(it.found.json.Get(o.Version))
		}
	}
	if len(w.By) > 0 {
		for field, value := range it.by.params() {
			values[field] = value
		}
	}
	return values
}

// sent is a value of an answer as a body has it: a number stays one.
func sent(value gjson.Result) any {
	if value.Type == gjson.Number {
		return json.Number(value.Raw)
	}
	return value.String()
}

// entry is the item among several.
func (it *item) entry(o *object, w *restapi.Write) any {
	if w.Item == nil {
		return it.record(o, w)
	}
	return restapi.Fill(w.Item, it.values(o, w))
}

// record is what a request sends of the record.
func (it *item) record(o *object, w *restapi.Write) map[string]any {
	record := maps.Clone(it.change.record)
	if w.WithoutKey {
		for _, field := range it.by.by {
			delete(record, restapi.Names(o.fields[field].At)[0])
		}
	}
	if w.IDAt != "" && it.found != nil {
		record[w.IDAt] = sent(it.found.json.Get(o.ID))
	}
	return record
}

// settleSeveral reads what became of each record.
func (j *job) settleSeveral(w *restapi.Write, items []*item, r *wire.Reply) (again []*item) {
	results := at(r.Body, w.Results).Array()
	if len(results) != len(items) {
		// Nobody can tell which is whose. Each is read again when it is tried again.
		return j.failAll(items, w, r.Fail(unreadable(r.Status, r.Call.RequestID)), r)
	}
	for i, it := range items {
		status := r.Status
		if own := results[i].Get(w.Status); w.Status != "" && own.Int() > 0 {
			status = int(own.Int())
		} else if status == http.StatusMultiStatus {
			status = http.StatusOK
		}
		if failure := j.judge(status, r.Header, []byte(results[i].Raw), false); failure != nil {
			again = append(again, j.fail(it, w, failure, &wire.Reply{Status: status, Body: []byte(results[i].Raw), Call: r.Call})...)
			continue
		}
		again = append(again, j.settleOne(it, w, status, results[i], r)...)
	}
	return again
}

// settleOne reads what became of one record. An answer may say nothing but that it was done: of a record that was known, that
// is enough.
func (j *job) settleOne(it *item, w *restapi.Write, status int, answer gjson.Result, r *wire.Reply) []*item {
	one := j.o.record(within(answer, w.Record))
	id := ""
	switch told := answer.Get(w.ID); {
	case w.ID != "" && (told.Type == gjson.String || told.Type == gjson.Number):
		id = plain(told)
	case w.ID == "" && one != nil:
		id = one.id
	case it.found != nil:
		id = it.found.id
	}
	call := j.callOf(it, w, r, answer.Raw)
	if id == "" {
		id, one = j.written(it)
	}
	if id == "" {
		it.refuse(j.o, unreadable(status, r.Call.RequestID), call)
		return nil
	}
	if it.found == nil && (w.Created != nil || j.o.State == "" && len(w.By) > 0) {
		isNew := status == http.StatusCreated
		if w.Created != nil {
			isNew = holds(*w.Created, status, []byte(answer.Raw), false)
		}
		it.change.created = it.change.created && isNew // somebody else may have been quicker
	}
	it.settle(j.o, id, one, call)
	return nil
}

// written looks for the record that was made, where the API does not say which it is.
func (j *job) written(it *item) (string, *record) {
	way := it.by.way
	if way == nil {
		return "", nil
	}
	found, _, failure := j.look(j.ctx, j.o, way, []lookup{it.by})
	if failure != nil || len(found) == 0 {
		return "", nil
	}
	return found[0].id, found[0]
}

// failAll settles the items of a call that failed as a whole. What was said is kept only where it can be about nobody else.
func (j *job) failAll(items []*item, w *restapi.Write, failure *crm.Error, r *wire.Reply) (again []*item) {
	if len(items) > 1 {
		r = &wire.Reply{Status: r.Status, Header: r.Header, Call: r.Call}
	}
	for _, it := range items {
		again = append(again, j.fail(it, w, failure, r)...)
	}
	return again
}

// fail settles an item that was refused, unless somebody else was quicker: the record that was to be made exists now, or the
// one that was to be changed is gone, or not the version that was read. It is looked for again, once.
func (j *job) fail(it *item, w *restapi.Write, failure *crm.Error, r *wire.Reply) (again []*item) {
	if failure.Kind == crm.Conflict && !it.retried && (it.found == nil || absent(failure) || j.o.Version != "") && !j.o.blind(it.write, it.by.by) {
		it.retried = true
		return []*item{it}
	}
	if it.found == nil && absent(failure) {
		own := *failure // nothing was asked for that could be absent, but the path
		own.Kind = crm.Misconfigured
		failure = &own
	}
	it.refuse(j.o, failure, j.callOf(it, w, r, string(r.Body)))
	return nil
}

// callOf is a call as one of its records knows it: with what was asked and said about that record and nobody else.
func (j *job) callOf(it *item, w *restapi.Write, r *wire.Reply, answered string) *crm.Call {
	call := *r.Call
	call.Request, _ = json.Marshal(it.entry(j.o, w)) // what was sent a moment ago: it cannot go wrong
	if answered != "" {
		call.Response = []byte(answered)
	}
	return &call
}
