package hubspot

import (
	"maps"
	"slices"
	"strconv"
)

// overviewOfLists shows the lists with their members.
func (s *Server) overviewOfLists(most int) Overview {
	o := Overview{Name: "lists", Count: len(s.lists)}
	for i := s.lastList; i > 0 && len(o.Records) < most; i-- {
		l := s.lists[strconv.Itoa(i)]
		seen := Seen{ID: l.id, Properties: []Value{{"name", l.name}, {"processingType", l.processing}}, Changed: moment(l.created)}
		for _, id := range l.ids() {
			seen.Links = append(seen.Links, Link{s.types[l.object].path, id})
		}
		o.Records = append(o.Records, seen)
	}
	return o
}

// overviewOfSubscriptions shows what people said of each subscription type.
func (s *Server) overviewOfSubscriptions(most int) Overview {
	o := Overview{Name: "subscriptions"}
	for _, email := range slices.Sorted(maps.Keys(s.statuses)) {
		for _, d := range s.subscriptions {
			p := s.statuses[email][d.ID]
			if p == nil {
				continue
			}
			if o.Count++; o.Count > most {
				continue
			}
			seen := Seen{ID: strconv.FormatInt(d.ID, 10), Changed: moment(p.at), Properties: []Value{
				{"name", d.Name}, {"email", email}, {"status", p.Status.Status}, {"source", p.Source},
			}}
			if p.Basis != "" {
				seen.Properties = append(seen.Properties, Value{"legalBasis", p.Basis}, Value{"legalBasisExplanation", p.Explanation})
			}
			o.Records = append(o.Records, seen)
		}
	}
	return o
}
