package hubspot

import (
	"cmp"
	"slices"
	"sort"
	"strings"
)

// Overview is one object for people to look at.
type Overview struct {
	Name    string
	Count   int
	Records []Seen // newest first
}

// Seen is one record for people to look at.
type Seen struct {
	ID         string
	Properties []Value
	Links      []Link
	Changed    string
}

// Value is one property that has a value.
type Value struct{ Name, Value string }

// Link is a record that another one is associated with.
type Link struct{ Object, ID string }

// Overview lists all objects, each with at most so many records.
func (s *Server) Overview(most int) []Overview {
	s.mu.Lock()
	defer s.mu.Unlock()
	links := map[end][]Link{}
	for pair, types := range s.associations {
		if len(types) > 0 {
			links[pair.from] = append(links[pair.from], Link{s.types[pair.to.object].path, pair.to.id})
		}
	}
	var all []Overview
	for _, id := range s.typeIDs() {
		t := s.types[id]
		o := Overview{Name: t.path}
		for _, id := range slices.Backward(t.ids) {
			r := t.records[id]
			if r.archived {
				continue
			}
			if o.Count++; o.Count > most {
				continue
			}
			seen := Seen{ID: r.id, Changed: moment(r.updated), Links: links[end{t.id, r.id}]}
			sort.Slice(seen.Links, func(i, j int) bool {
				return seen.Links[i].Object+seen.Links[i].ID < seen.Links[j].Object+seen.Links[j].ID
			})
			for name, value := range r.props {
				if name != "hs_object_id" && name != t.changed {
					seen.Properties = append(seen.Properties, Value{name, value})
				}
			}
			slices.SortFunc(seen.Properties, func(a, b Value) int {
				own := func(v Value) int {
					if strings.HasPrefix(v.Name, "hs_") || v.Name == "createdate" {
						return 1
					}
					return 0
				}
				return cmp.Or(own(a)-own(b), cmp.Compare(a.Name, b.Name))
			})
			o.Records = append(o.Records, seen)
		}
		all = append(all, o)
	}
	all = append(all, s.overviewOfLists(most), s.overviewOfSubscriptions(most))
	slices.SortStableFunc(all, func(a, b Overview) int { return cmp.Compare(min(1, b.Count), min(1, a.Count)) })
	return all
}
