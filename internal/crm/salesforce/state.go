package salesforce

import "handoff/internal/crm/merge"

const (
	// shortState is how long StateField is at least. One that is no longer has no room for a time of each field: it holds when
	// the record was answered last, which then counts for all of them.
	shortState = 255
	// anyField stands for all fields in a state that is short.
	anyField = "*"
)

// remembered is what the record of an item remembers, for the fields that are written.
func (it *item) remembered() merge.State {
	s := merge.ReadState(it.found.text(StateField))
	if last, short := s.At[anyField]; short {
		for name := range it.values {
			if _, own := s.At[name]; !own {
				s.At[name] = last
			}
		}
	}
	return s
}

// encodeState writes a state as the object has room for it.
func (o *object) encodeState(s merge.State) string {
	if o.fields[StateField].Length > shortState {
		return s.Encode()
	}
	var last int64
	for _, at := range s.At {
		last = max(last, at)
	}
	s.At = map[string]int64{anyField: last}
	return s.Encode()
}
