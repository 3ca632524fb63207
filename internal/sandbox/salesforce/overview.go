package salesforce

import (
	"cmp"
	"fmt"
	"slices"
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

// Value is one field that has a value.
type Value struct{ Name, Value string }

// Link is a record that another one refers to.
type Link struct{ Object, ID string }

// Overview lists all objects that can be written, each with at most so many records.
func (s *Server) Overview(most int) []Overview {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Overview
	for _, name := range s.names() {
		o := s.objects[name]
		if o.readOnly {
			continue
		}
		seen := Overview{Name: o.name}
		for _, r := range slices.Backward(o.order) {
			if r.deleted {
				continue
			}
			if seen.Count++; seen.Count <= most {
				seen.Records = append(seen.Records, s.seen(r))
			}
		}
		all = append(all, seen)
	}
	slices.SortStableFunc(all, func(a, b Overview) int { return cmp.Compare(min(1, b.Count), min(1, a.Count)) })
	return all
}

func (s *Server) seen(r *record) Seen {
	seen := Seen{ID: r.id, Changed: moment(r.at)}
	for _, f := range r.object.fields {
		value := r.values[f.Name]
		if value == nil || value == false || f.Name == "Id" || f.Type == "datetime" || strings.HasSuffix(f.Name, "ById") {
			continue
		}
		if o := s.owning(textOf(value)); f.Type == "reference" && o != nil {
			seen.Links = append(seen.Links, Link{o.name, textOf(value)})
			continue
		}
		seen.Properties = append(seen.Properties, Value{f.Name, fmt.Sprint(value)})
	}
	return seen
}
