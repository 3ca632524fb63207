package standin

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// Store keeps records of several objects, in the order in which they were made.
type Store struct {
	// Mu guards all of it. Whoever reads and then writes holds it in between.
	Mu      sync.Mutex
	records map[string][]Record
	now     time.Time
}

// Record is a record's values.
type Record map[string]any

// NewStore makes an empty store. Its clock goes on by a second with each look, because vendors tell changes to the second.
func NewStore() *Store {
	return &Store{records: map[string][]Record{}, now: time.Date(2026, 4, 14, 9, 0, 0, 0, time.UTC)}
}

// Now is the next second.
func (s *Store) Now() time.Time {
	s.now = s.now.Add(time.Second)
	return s.now
}

// Add keeps a new record.
func (s *Store) Add(object string, r Record) { s.records[object] = append(s.records[object], r) }

// Where are the records that a condition holds for.
func (s *Store) Where(object string, holds func(Record) bool) []Record {
	var found []Record
	for _, r := range s.records[object] {
		if holds(r) {
			found = append(found, r)
		}
	}
	return found
}

// First is the first record that a condition holds for; nil where there is none.
func (s *Store) First(object string, holds func(Record) bool) Record {
	if i := slices.IndexFunc(s.records[object], holds); i >= 0 {
		return s.records[object][i]
	}
	return nil
}

// Count is how many records an object has.
func (s *Store) Count(object string) int { return len(s.records[object]) }

// Records are copies of an object's records, for tests to look at.
func (s *Store) Records(object string) []Record {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	var all []Record
	for _, r := range s.records[object] {
		all = append(all, maps.Clone(r))
	}
	return all
}

// Change puts values into a record, of which nil ones are left.
func (r Record) Change(values map[string]any) {
	maps.Copy(r, values)
}

// Same says that two texts are the same to vendors, who do not tell capital letters from others.
func Same(a, b string) bool { return strings.EqualFold(a, b) }
