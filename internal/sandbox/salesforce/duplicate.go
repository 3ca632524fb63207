package salesforce

import (
	"net/http"
	"strings"
)

// lock is a record that is being changed by somebody else.
type lock struct {
	object, field string
	value         any
	left          int
}

// Lock refuses the next writes of an object in which a field has a value, as many times as said, because of a lock. The
// field Id is that of records that exist.
func (s *Server) Lock(object, field string, value any, times int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.locks = append(s.locks, &lock{object, field, value, times})
}

func (s *Server) locked(o *object, r *record, values map[string]any) *failure {
	for _, l := range s.locks {
		f := o.field(l.field)
		if l.left < 1 || f == nil || !strings.EqualFold(l.object, o.name) {
			continue
		}
		value, id := values[f.Name], s.newID(o.prefix)
		if r != nil {
			id = r.id
			if value == nil {
				value = r.values[f.Name]
			}
		}
		if same(f, value, l.value) {
			l.left--
			return rowLocked(id)
		}
	}
	return nil
}

// duplicateRule finds records that are like another one.
type duplicateRule struct {
	object, field string
	block         bool
}

// AddDuplicateRule has records of an object found to be duplicates when they agree in a field. The rule alerts, and the
// caller can save nevertheless, or it blocks.
func (s *Server) AddDuplicateRule(object, field string, block bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.duplicates = append(s.duplicates, duplicateRule{object, field, block})
}

func (s *Server) duplicate(o *object, r *record, values map[string]any, allowSave bool) *failure {
	const message = "You're creating a duplicate record. We recommend you use an existing record instead."
	for _, rule := range s.duplicates {
		f := o.field(rule.field)
		if f == nil || !strings.EqualFold(rule.object, o.name) || values[f.Name] == nil || (allowSave && !rule.block) {
			continue
		}
		if r != nil && same(f, r.values[f.Name], values[f.Name]) {
			continue
		}
		found := []map[string]any{}
		for _, other := range o.matching(f, values[f.Name]) {
			if other == r {
				continue
			}
			found = append(found, map[string]any{
				"additionalInformation": []any{}, "fieldDiffs": []any{}, "matchConfidence": 100.0,
				"record": map[string]any{"attributes": attributes("/services/data/v67.0", other), "Id": other.id},
			})
		}
		if len(found) == 0 {
			continue
		}
		return &failure{Status: http.StatusBadRequest, Code: "DUPLICATES_DETECTED", Message: message, Duplicate: map[string]any{
			"allowSave": !rule.block, "duplicateRule": "Standard_" + o.name + "_Duplicate_Rule", "duplicateRuleEntityType": o.name,
			"errorMessage": message, "matchResults": []map[string]any{{
				"entityType": o.name, "errors": []any{}, "matchEngine": "FuzzyMatchEngine", "matchRecords": found,
				"rule": "Standard_" + o.name + "_Match_Rule_v1_1", "size": len(found), "success": true,
			}},
		}}
	}
	return nil
}

func attributes(base string, r *record) map[string]any {
	return map[string]any{"type": r.object.name, "url": base + "/sobjects/" + r.object.name + "/" + r.id}
}
