package crmtest

import (
	"context"
	"sync/atomic"
	"testing"

	"handoff/internal/crm"
)

// RunWorkers runs what the suite wants of writers at once, with several connectors to one CRM in turn: the workers of one
// destination, which share their locks and nothing else.
func RunWorkers(t *testing.T, h Harness, all ...crm.Connector) {
	t.Helper()
	h.Connector = &workers{Connector: all[0], all: all}
	s := &suite{Harness: h}
	tests := map[string]func(*testing.T){
		"I2 many writers at once make one record":      s.manyWriters,
		"I5 writers at once give the newest answers":   s.newestOfMany,
		"set owner at once":                            s.setOwnerAtOnce,
		"I2 I5 many writers of linked records at once": s.linkedAtOnce,
	}
	if s.Linked == nil {
		delete(tests, "I2 I5 many writers of linked records at once")
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t)
		})
	}
}

// workers are connectors that write in turn. The first one reads.
type workers struct {
	crm.Connector
	all   []crm.Connector
	turns atomic.Int64
}

func (w *workers) next() crm.Connector { return w.all[int(w.turns.Add(1))%len(w.all)] }

func (w *workers) Upsert(ctx context.Context, object string, writes []crm.Write) []crm.Result {
	return w.next().Upsert(ctx, object, writes)
}

func (w *workers) SetOwner(ctx context.Context, object, recordID, owner string) (string, *crm.Call, error) {
	return w.next().SetOwner(ctx, object, recordID, owner)
}

// MaxGroups is asked only where the harness has linked records, and so is UpsertLinked.
func (w *workers) MaxGroups() int { return w.all[0].(crm.LinkedUpserter).MaxGroups() }

// UpsertLinked writes groups.
func (w *workers) UpsertLinked(ctx context.Context, groups [][]crm.Linked) [][]crm.Result {
	return w.next().(crm.LinkedUpserter).UpsertLinked(ctx, groups)
}
