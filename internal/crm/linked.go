package crm

import "context"

// Linked is one write of a group whose records link to each other.
type Linked struct {
	Object string
	Write  Write
	// Links name the fields that get the id of another record of the group, each with the place of that record's write, which
	// comes before this one. They are not among the write's Fields; its Keys may name them.
	Links map[string]int
}

// LinkedUpserter is a connector that writes records that link to each other in fewer requests than one object after the
// other takes. A connector that stands in front of another one is a LinkedUpserter whatever that one is, and tells by
// MaxGroups.
type LinkedUpserter interface {
	// UpsertLinked writes groups, and answers in their order, each group in the order of its writes. For each write it is as
	// Upsert with the ids of the records that it links to in their fields: repeating has the effect of doing it once, and what
	// holds of the order of answers does (invariants I2 and I5).
	//
	// A write that links to a record that was not written is not attempted, and so is one that comes after another of its group
	// that is known to have failed when it is sent. Its Result is the zero one: neither RecordID nor Err. Of writes that do not
	// link to each other a later one may have been carried out although an earlier one failed, because one request carries both;
	// its Result says so. A group that fails does not fail the others.
	UpsertLinked(ctx context.Context, groups [][]Linked) [][]Result
	// MaxGroups is how many groups go together; 0 when records cannot be linked in one request.
	MaxGroups() int
}
