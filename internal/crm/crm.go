// Package crm is the port to the CRMs: what Handoff asks of one (Connector), how it fails (Error), and the pacing and
// conformance suite that all connectors share. It knows no Temporal and no ledger, so a connector can be used and
// tested alone.
package crm

import (
	"context"
	"time"
)

// Fields are a record's values by destination field name. Values are nil, string, bool, json.Number or []string; a date
// is "2006-01-02" and a moment is RFC 3339 in UTC. Connectors translate to what their vendor wants.
type Fields map[string]any

// FieldOwner is the name under which every connector gives a record's owner back, whatever the CRM calls it. It is read
// with Write.Read and set with SetOwner only.
const FieldOwner = "owner"

// IsBlank says that a value is none: it fills nothing and identifies nothing.
func IsBlank(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []string:
		return len(v) == 0
	}
	return false
}

// Write is one upsert of one object on behalf of one submission.
type Write struct {
	// Submission is the id of the submission, for idempotency and for telling "created by this very write, whose reply
	// was lost" from "was there before".
	Submission string
	// Keys are the field names that identify the record, in order of preference: the first one with a value in Fields
	// is used. A composite key is several names in one entry. With no usable key the write is Invalid.
	Keys [][]string
	// Fields are the values to write, key fields included.
	Fields Fields
	// CreateOnly names fields that are written to a new record and never to one that exists.
	CreateOnly []string
	// UpdateOnly names fields that are written to a record that exists and never to a new one, nor to one that this very
	// submission has created: repeating a write changes nothing.
	UpdateOnly []string
	// FillBlanks names fields that are written only where the record has no value yet.
	FillBlanks []string
	// SubmittedAt orders answers: a field that was answered later than this keeps its value, unless it is blank (invariant
	// I5). Blank is no value or an empty text. A write of the same moment wins, so that repeating one changes nothing. The
	// connector holds this per field.
	SubmittedAt time.Time
	// Read names fields whose values after the write are wanted back in Result.Record.
	Read []string
	// Unheard says that an earlier attempt may have been carried out, though its reply was not heard: the record may be there.
	Unheard bool
}

// Outcome tells an insert from an update. A record that this very submission created in an earlier attempt counts as
// created, however often the write is repeated.
type Outcome string

const (
	Created Outcome = "created"
	Updated Outcome = "updated"
)

// Result is the fate of one Write. Exactly one of RecordID and Err is set.
type Result struct {
	RecordID string
	Outcome  Outcome
	// Kept names the fields that this write did not change because a newer answer holds them.
	Kept []string
	// Record holds the fields named by Write.Read as they are after the write.
	Record Fields
	Err    *Error
	// Call says how the CRM was asked and what it said, for support. Several results may share one call.
	Call *Call
	// Batch says with how many others the write was gathered; nil where nothing gathers.
	Batch *Batch
}

// Batch is what writes of several callers went in together.
type Batch struct {
	ID     string // in the results of all of them
	Writes int
}

// Call is one request to a CRM and its answer. Request and Response may hold personal data: they leave this struct only
// sealed.
type Call struct {
	Operation string // for instance "upsert contacts"
	Status    int    // HTTP status, 0 where the protocol has none
	Code      string // the error's code, "" for success
	RequestID string
	Batch     int // how many writes went into the request
	Started   time.Time
	Took      time.Duration
	Request   []byte
	Response  []byte
}

// Property describes one field of an object as the CRM has it.
type Property struct {
	Name      string
	Type      string // string, integer, decimal, boolean, date, datetime, enum, multi-enum, json
	Required  bool
	ReadOnly  bool
	Unique    bool
	Missing   bool // the connector needs it, and the object has it not, or not as it has to be
	MaxLength int  // 0 is no limit
	Options   []string
}

// Owner is a user or queue of the CRM that records can be given to.
type Owner struct {
	ID     string
	Email  string
	Queue  string // the name of a queue, by which it can be named too; "" for a user
	Active bool
}

// Record is one record read back.
type Record struct {
	ID        string
	Fields    Fields
	ChangedAt time.Time
}

// Connector speaks to one destination. Every method is safe for concurrent use and honours ctx. Errors are *Error.
type Connector interface {
	// Upsert writes a batch of one object and answers in the order of writes, one result each. A write that fails does
	// not fail the others. Repeating a batch has the effect of sending it once.
	Upsert(ctx context.Context, object string, writes []Write) []Result
	// Find reads the records of object whose key fields have the given values; absent records are left out.
	Find(ctx context.Context, object string, key Fields, read []string) ([]Record, error)
	// ChangedSince reads records changed at or after the moment, oldest first, at most limit.
	ChangedSince(ctx context.Context, object string, since time.Time, read []string, limit int) ([]Record, error)
	// Describe tells the object's properties as the CRM has them now. An unknown object is Misconfigured.
	Describe(ctx context.Context, object string) ([]Property, error)
	// Owners lists whom records can be given to.
	Owners(ctx context.Context) ([]Owner, error)
	// SetOwner gives the record to owner unless it already has one, and returns who owns it now.
	SetOwner(ctx context.Context, object, recordID, owner string) (string, *Call, error)
}
