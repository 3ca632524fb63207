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
	read   time.Time
}

// Owners lists the org's users, and the queues of leads.
func (c *Connector) Owners(ctx context.Context) ([]crm.Owner, error) {
	owners, failure := c.readOwners(ctx)
	if failure != nil {
		return nil, failure
	}
	return owners, nil
}

func (c *Connector) readOwners(ctx context.Context) ([]crm.Owner, *crm.Error) {
	users, _, failure := c.queryAll(ctx, "list users", "SELECT Id, Email, IsActive FROM User WHERE UserType = 'Standard'", maxFound*50)
	if failure != nil {
		return nil, failure
	}
	var all []crm.Owner
	for _, u := range users {
		active, _ := u["IsActive"].(bool)
		all = append(all, crm.Owner{ID: u.id(), Email: u.text("Email"), Active: active})
	}
	queues, _, failure := c.queryAll(ctx, "list queues",
		"SELECT QueueId, Queue.Name, Queue.DeveloperName FROM QueueSobject WHERE SobjectType = 'Lead'", maxFound)
	if failure != nil {
		return nil, failure
	}
	for _, q := range queues {
		queue, _ := q["Queue"].(map[string]any)
		all = append(all, crm.Owner{ID: long(q.text("QueueId")), Queue: row(queue).text("DeveloperName"), Active: true})
	}
	c.mu.Lock()
	c.owners = &ownerList{all, c.config.Now()}
	c.mu.Unlock()
	return all, nil
}

// ownerID is the id of an owner who is named by id, by e-mail address or, a queue, by its developer name.
func (c *Connector) ownerID(ctx context.Context, owner string) (string, *crm.Error) {
	if aRecordID.MatchString(owner) && (strings.HasPrefix(owner, "005") || strings.HasPrefix(owner, "00G")) {
		return long(owner), nil
	}
	c.mu.Lock()
	list := c.owners
	c.mu.Unlock()
	if list != nil && c.config.Now().Sub(list.read) < schemaLasts {
		if id := named(list.owners, owner); id != "" {
			return id, nil
		}
	}
	owners, failure := c.readOwners(ctx)
	if failure != nil {
		return "", failure
	}
	if id := named(owners, owner); id != "" {
		return id, nil
	}
	return "", &crm.Error{Kind: crm.Misconfigured, Code: "unknown_owner", Fields: []string{crm.FieldOwner}}
}

func named(owners []crm.Owner, name string) string {
	for _, o := range owners {
		if o.Active && (strings.EqualFold(o.Email, name) || strings.EqualFold(o.Queue, name)) && name != "" {
			return o.ID
		}
	}
	return ""
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
		id, failure := "", self
		if failure == nil {
			id, failure = c.ownerID(ctx, g.Owner)
		}
		if failure != nil {
			giving{g, "", &owned[i]}.refuse(failure, nil)
			continue
		}
		object := c.apiName(name)
		if object == "Lead" && strings.HasPrefix(g.RecordID, "003") { // a lead that was converted
			object = "Contact"
		}
		byObject[object] = append(byObject[object], giving{g, id, &owned[i]})
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
		case !c.isNobody(now):
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
