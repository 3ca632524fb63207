package activities

import (
	"slices"

	"handoff/internal/crm"
	"handoff/internal/mapping"
)

// together are the objects that go to the CRM with the first one: all that are to be written, where the CRM links records in one
// request. Those that the customer rule may leave out wait for the record that decides.
func (w *writer) together(objects []mapping.Object) []mapping.Object {
	first, rest := objects[0], objects[1:]
	group := []mapping.Object{first}
	linker, ok := w.connector.(crm.LinkedUpserter)
	if !ok || linker.MaxGroups() == 0 || w.loaded {
		return group
	}
	decided := !w.decides(first, rest)
	for i, object := range rest {
		if _, written := w.plan.Written[object.Name]; written || !w.wants(object) {
			continue
		}
		if !decided {
			break
		}
		group = append(group, object)
		decided = !w.decides(object, rest[i+1:])
	}
	return group
}

// decides says that the record of an object tells whether one of those that follow is written at all.
func (w *writer) decides(object mapping.Object, rest []mapping.Object) bool {
	rule := w.plan.Customer
	return rule != nil && rule.Object == object.Name && !w.plan.IsCustomer && slices.ContainsFunc(rest, func(later mapping.Object) bool {
		return slices.Contains(rule.Skip, later.Name)
	})
}

// linked are the upserts of objects whose links to each other the CRM fills.
func (w *writer) linked(objects []mapping.Object) []crm.Linked {
	place := map[string]int{}
	group := make([]crm.Linked, len(objects))
	for i, object := range objects {
		group[i] = crm.Linked{Object: object.Object, Write: w.upsertOf(object), Links: map[string]int{}}
		for _, link := range object.Links {
			if to, there := place[link.To]; there {
				group[i].Links[link.Field] = to
			}
		}
		place[object.Name] = i
	}
	return group
}
