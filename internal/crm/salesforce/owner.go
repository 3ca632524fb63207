package salesforce

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"handoff/internal/crm"
	"handoff/internal/crm/wire"
)

// ownerList is who can own records, as Salesforce had them at a moment.
type ownerList struct {
	owners []crm.Owner
	queues map[string][]string // the objects that each queue is for, by its id
	read   time.Time
}

// Owners lists the org's users and queues.
func (c *Connector) Owners(ctx context.Context) ([]crm.Owner, error) {
	list, failure := c.readOwners(ctx)
	if failure != nil {
		return nil, failure
	}
	return list.owners, nil
}

func (c *Connector) readOwners(ctx context.Context) (*ownerList, *crm.Error) {
	users, _, failure := c.queryAll(ctx, "list users", "SELECT Id, Email, IsActive FROM User WHERE UserType = 'Standard'", maxFound*50)
	if failure != nil {
		return nil, failure
	}
	list := &ownerList{queues: map[string][]string{}, read: c.config.Now()}
	for _, u := range users {
		active, _ := u["IsActive"].(bool)
		list.owners = append(list.owners, crm.Owner{ID: u.id(), Email: u.text("Email"), Active: active})
	}
	queues, _, failure := c.queryAll(ctx, "list queues",
		"SELECT QueueId, SobjectType, Queue.Name, Queue.DeveloperName FROM QueueSobject", maxFound*50)
	if failure != nil {
		return nil, failure
	}
	for _, q := range queues { // one row for each object that a queue is for
		queue, _ := q["Queue"].(map[string]any)
		id := long(q.text("QueueId"))
		if list.queues[id] == nil {
			list.owners = append(list.owners, crm.Owner{ID: id, Queue: row(queue).text("DeveloperName"), Active: true})
		}
		list.queues[id] = append(list.queues[id], q.text("SobjectType"))
	}
	c.mu.Lock()
	c.owners = list
	c.mu.Unlock()
	return list, nil
}

// recipient is somebody who can be given records.
type recipient struct {
	id    string
	queue []string // the objects that a queue is for; nil for a user, and for a queue that Salesforce does not list
}

// recipient finds an owner who is named by id, by e-mail address or, a queue, by its developer name.
func (c *Connector) recipient(ctx context.Context, owner string) (recipient, *crm.Error) {
	isID := aRecordID.MatchString(owner)
	if isID && strings.HasPrefix(owner, "005") {
		return recipient{id: long(owner)}, nil
	}
	c.mu.Lock()
	list := c.owners
	c.mu.Unlock()
	if list != nil && c.config.Now().Sub(list.read) < schemaLasts {
		if to, known := list.find(owner); known {
			return to, nil
		}
	}
	list, failure := c.readOwners(ctx)
	if failure != nil {
		return recipient{}, failure
	}
	switch to, known := list.find(owner); {
	case known:
		return to, nil
	case isID && strings.HasPrefix(owner, "00G"):
		return recipient{id: long(owner)}, nil
	}
	return recipient{}, &crm.Error{Kind: crm.Misconfigured, Code: "unknown_owner", Fields: []string{crm.FieldOwner}}
}

func (l *ownerList) find(name string) (recipient, bool) {
	for _, o := range l.owners {
		if o.Active && name != "" && (strings.EqualFold(o.Email, name) || strings.EqualFold(o.Queue, name) || o.ID == long(name)) {
			return recipient{o.ID, l.queues[o.ID]}, true
		}
	}
	return recipient{}, false
}

// passes says that records of an object stay with whom they have where they would go to a queue: a queue of leads owns neither
// the contact that a lead has become nor the task about it. That a queue is not for what it could own is a mistake.
func (c *Connector) passes(ctx context.Context, to recipient, object string) (bool, *crm.Error) {
	if to.queue == nil || slices.ContainsFunc(to.queue, func(one string) bool { return strings.EqualFold(one, object) }) {
		return false, nil
	}
	if object == "Task" || object == "Event" {
		return true, nil
	}
	s, _, failure := c.schema(ctx, object, schemaLasts)
	if failure == nil && slices.Contains(s.fields[ownerField].ReferenceTo, "Group") {
		failure = &crm.Error{Kind: crm.Misconfigured, Code: "queue_not_for_object", Fields: []string{crm.FieldOwner}}
	}
	return true, failure
}

// learnSelf asks which user Handoff works as, once for each of its credentials: somebody may have connected it anew, as another
// user. New records are that user's, because Salesforce knows none without an owner.
func (c *Connector) learnSelf(ctx context.Context) *crm.Error {
	version := c.CredentialsVersion(ctx)
	if c.knowsSelf(version) {
		return nil
	}
	told, failure := wire.Share(ctx, &c.asking, version, func(ctx context.Context) *crm.Error {
		if c.knowsSelf(version) { // it was told in between
			return nil
		}
		return c.askSelf(ctx, version)
	})
	if failure == nil && told != nil { // everybody has one of their own
		own := *told
		failure = &own
	}
	return failure
}

func (c *Connector) knowsSelf(version string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.self != "" && c.selfOf == version
}

func (c *Connector) askSelf(ctx context.Context, version string) *crm.Error {
	r, failure := c.wire.Do(ctx, "ask who Handoff is", http.MethodGet, c.path(), nil)
	if failure != nil {
		return failure
	}
	var answer struct {
		Identity string `json:"identity"` // …/id/ORG/USER
	}
	if failure := r.Read(&answer); failure != nil {
		return failure
	}
	self := answer.Identity[strings.LastIndexByte(answer.Identity, '/')+1:]
	if !aRecordID.MatchString(self) {
		return r.Fail(&crm.Error{Kind: crm.Transient, Code: "unreadable_answer", Status: r.Status, RequestID: r.Call.RequestID})
	}
	c.mu.Lock()
	c.self, c.selfOf = long(self), version
	c.mu.Unlock()
	return nil
}

// isNobody says that an owner's records are nobody's yet.
func (c *Connector) isNobody(owner string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return owner == "" || long(owner) == c.self || slices.ContainsFunc(c.config.Nobody, func(id string) bool { return long(id) == long(owner) })
}

// SetOwner gives the record to owner, an id, an e-mail address or a queue's developer name, unless it already has one, and
// returns the id of who owns it now.
func (c *Connector) SetOwner(ctx context.Context, name, recordID, owner string) (string, *crm.Call, error) {
	owned := c.SetOwners(ctx, name, []crm.Given{{RecordID: recordID, Owner: owner}})[0]
	if owned.Err != nil {
		return "", owned.Call, owned.Err
	}
	return owned.Owner, owned.Call, nil
}

// giving is one record on its way to an owner.
type giving struct {
	crm.Given
	id    string // of the owner
	stays bool   // with whom it has: the owner is a queue, which cannot own it
	owned *crm.Owned
}

func (g giving) refuse(failure *crm.Error, call *crm.Call) {
	own := *failure
	own.Fields = nil
	for _, name := range failure.Fields {
		if name == ownerField {
			name = crm.FieldOwner
		}
		own.Fields = append(own.Fields, name)
	}
	g.owned.Err = &own
	if g.owned.Call = call; call != nil {
		call.Code = own.Code
	}
}

// SetOwners gives records to owners who have none: one query reads who owns two hundred of them, and one call gives those
// that nobody owns.
func (c *Connector) SetOwners(ctx context.Context, name string, given []crm.Given) []crm.Owned {
	owned := make([]crm.Owned, len(given))
	byObject := map[string][]giving{}
	self := c.learnSelf(ctx)
	for i, g := range given {
		object := c.apiName(name)
		if object == "Lead" && strings.HasPrefix(g.RecordID, "003") { // a lead that was converted
			object = "Contact"
		}
		to, stays, failure := recipient{}, false, self
		if failure == nil {
			to, failure = c.recipient(ctx, g.Owner)
		}
		if failure == nil {
			stays, failure = c.passes(ctx, to, object)
		}
		giving := giving{g, to.id, stays, &owned[i]}
		if failure != nil {
			giving.refuse(failure, nil)
			continue
		}
		byObject[object] = append(byObject[object], giving)
	}
	for object, all := range byObject {
		for batch := range slices.Chunk(all, maxBatch) {
			c.setOwners(ctx, object, name, batch)
		}
	}
	return owned
}

func (c *Connector) setOwners(ctx context.Context, object, name string, batch []giving) {
	var names, ids []string
	for _, g := range batch {
		names = append(names, c.lockName(object, "owner", g.RecordID))
		ids = append(ids, quote(g.RecordID))
	}
	release, failure := wire.Lock(ctx, c.config.Locks, names)
	if failure != nil {
		for _, g := range batch {
			g.refuse(failure, nil)
		}
		return
	}
	defer release()
	rows, call, failure := c.queryAll(ctx, "read owners of "+name, "SELECT Id,OwnerId FROM "+object+" WHERE Id IN ("+join(ids)+")", maxBatch)
	call.Batch = len(batch)
	owners := map[string]string{}
	for _, r := range rows {
		owners[r.id()] = long(r.text(ownerField))
	}
	var free []giving
	for _, g := range batch {
		own := *call
		g.owned.Call = &own
		switch now, there := owners[long(g.RecordID)]; {
		case failure != nil:
			g.refuse(failure, &own)
		case !there: // deleted, or merged into another
			g.refuse(&crm.Error{Kind: crm.Conflict, Code: "record_not_found", Status: call.Status, RequestID: call.RequestID}, &own)
		case !c.isNobody(now), g.stays:
			g.owned.Owner = now
		default:
			free = append(free, g)
		}
	}
	c.giveOwners(ctx, object, name, free)
}

// giveOwners writes owners.
func (c *Connector) giveOwners(ctx context.Context, object, name string, batch []giving) {
	if len(batch) == 0 {
		return
	}
	records := make([]map[string]any, len(batch))
	for i, g := range batch {
		records[i] = map[string]any{"attributes": map[string]string{"type": object}, "id": g.RecordID, ownerField: g.id}
	}
	r, failure := c.wire.Do(ctx, "set owners of "+name, updating.method, c.path("composite", "sobjects"), collection{Records: records}, c.headers(updating)...)
	r.Call.Batch = len(batch)
	var answers []saved
	if failure == nil {
		failure = r.Read(&answers)
	}
	if failure == nil && len(answers) != len(batch) {
		failure = r.Fail(&crm.Error{Kind: crm.Transient, Code: "unanswered", Status: r.Status, RequestID: r.Call.RequestID})
	}
	for i, g := range batch {
		call := *r.Call
		call.Request, _ = json.Marshal(records[i]) // ids: it cannot go wrong
		switch {
		case failure != nil:
			g.refuse(failure, &call)
		case answers[i].Success:
			g.owned.Owner, g.owned.Call = g.id, &call
		default:
			wrong := worst(answers[i].Errors)
			if wrong == nil {
				wrong = &crm.Error{Kind: crm.Transient, Code: "unreadable_answer"}
			}
			wrong.Status, wrong.RequestID = r.Status, r.Call.RequestID
			g.refuse(wrong, &call)
		}
	}
}
