package salesforce

import (
	"maps"
	"strings"
)

// rule is a validation rule of the org's administrator.
type rule struct {
	object, field, message string
	fails                  func(values map[string]any) bool
}

// AddValidationRule has records of an object refused, in the administrator's words, when fails says so of their values.
func (s *Server) AddValidationRule(object, field, message string, fails func(values map[string]any) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = append(s.rules, rule{object, field, message, fails})
}

// check says everything that is wrong with values that are to be written, to a new record when r is nil.
func (s *Server) check(o *object, r *record, values map[string]any) failures {
	var bad failures
	if r != nil && r.values["IsConverted"] == true && o.name == "Lead" {
		return failures{wrong("CANNOT_UPDATE_CONVERTED_LEAD", nil, "cannot reference converted lead")}
	}
	var missing, fixed []string
	for _, f := range o.fields {
		value, given := values[f.Name]
		switch {
		case given && f.Name == "Id":
			delete(values, "Id")
		case given && (f.readOnly || (f.createOnly && r != nil)):
			fixed = append(fixed, f.Name)
		case given && value == nil && f.Required && f.defaulted:
			delete(values, f.Name)
		case f.Required && !f.defaulted && !f.readOnly && value == nil && (given || r == nil):
			missing = append(missing, f.Name)
		case value != nil && f.Type == "reference":
			if wrongReference := s.reference(o, f, textOf(value)); wrongReference != nil {
				bad = append(bad, wrongReference)
			}
		}
	}
	if len(fixed) > 0 {
		return failures{wrong("INVALID_FIELD_FOR_INSERT_UPDATE", fixed,
			"Unable to create/update fields: %s. Please check the security settings of this field and verify that it is read/write for your profile or permission set.", strings.Join(fixed, ", "))}
	}
	if o.name == "CampaignMember" && r == nil && values["LeadId"] == nil && values["ContactId"] == nil {
		missing = append(missing, "LeadId")
	}
	if len(missing) > 0 {
		return failures{wrong("REQUIRED_FIELD_MISSING", missing, "Required fields are missing: [%s]", strings.Join(missing, ", "))}
	}
	if bad != nil {
		return bad
	}
	after := map[string]any{}
	if r != nil {
		maps.Copy(after, r.values)
	}
	maps.Copy(after, values)
	if f := s.member(o, r, after); f != nil {
		return failures{f}
	}
	for _, rule := range s.rules {
		if strings.EqualFold(rule.object, o.name) && rule.fails(maps.Clone(after)) {
			bad = append(bad, wrong("FIELD_CUSTOM_VALIDATION_EXCEPTION", []string{rule.field}, "%s", rule.message))
		}
	}
	return append(bad, s.unique(o, r, values)...)
}

// reference says what is wrong with an id that a record is to refer to.
func (s *Server) reference(o *object, f *field, id string) *failure {
	to := s.owning(id)
	if to == nil {
		return wrong("INVALID_CROSS_REFERENCE_KEY", nil, "invalid cross reference id")
	}
	fits := false
	for _, name := range f.references {
		fits = fits || to.name == name
	}
	if !fits {
		return wrong("FIELD_INTEGRITY_EXCEPTION", []string{f.Name}, "%s: id value of incorrect type: %s", f.label, id)
	}
	target := to.find(id)
	switch {
	case target == nil:
		return wrong("INVALID_CROSS_REFERENCE_KEY", nil, "invalid cross reference id")
	case target.deleted:
		return wrong("ENTITY_IS_DELETED", nil, "entity is deleted")
	case to.name == "Lead" && target.values["IsConverted"] == true:
		return wrong("CANNOT_UPDATE_CONVERTED_LEAD", []string{f.Name}, "cannot reference converted lead")
	case f.Name == "OwnerId" && to.name == "User" && target.values["IsActive"] != true:
		return wrong("INACTIVE_OWNER_OR_USER", nil, "operation performed with inactive user [%s] as owner of %s", id[:15], strings.ToLower(o.name))
	case f.Name == "OwnerId" && to.name == "Group" && !s.queueFor(target, o):
		return wrong("INVALID_OPERATION", nil, "Queue not associated with this SObject type")
	}
	return nil
}

func (s *Server) queueFor(queue *record, o *object) bool {
	queues := s.object("QueueSobject")
	for _, entry := range queues.matching(queues.field("QueueId"), queue.id) {
		if strings.EqualFold(textOf(entry.values["SobjectType"]), o.name) {
			return true
		}
	}
	return false
}

// member checks what only campaign members have: a status of the campaign, and one membership for each.
func (s *Server) member(o *object, r *record, after map[string]any) *failure {
	if o.name != "CampaignMember" {
		return nil
	}
	if status := after["Status"]; status != nil {
		known := false
		for _, possible := range s.memberStatuses(textOf(after["CampaignId"])) {
			known = known || same(o.field("Status"), status, possible.values["Label"])
		}
		if !known {
			return badOption(o.field("Status"), textOf(status))
		}
	}
	for _, other := range o.matching(o.field("CampaignId"), after["CampaignId"]) {
		for _, who := range []string{"LeadId", "ContactId"} {
			if other != r && same(o.field(who), other.values[who], after[who]) {
				return wrong("DUPLICATE_VALUE", nil, "Already a campaign member.")
			}
		}
	}
	return nil
}

// unique says which values another record has that may be there once only.
func (s *Server) unique(o *object, r *record, values map[string]any) failures {
	var bad failures
	for _, f := range o.fields {
		if !f.Unique || values[f.Name] == nil {
			continue
		}
		for _, other := range o.matching(f, values[f.Name]) {
			if other != r {
				bad = append(bad, wrong("DUPLICATE_VALUE", nil, "duplicate value found: %s duplicates value on record with id: %s", f.Name, other.id[:15]))
				break
			}
		}
	}
	return bad
}
