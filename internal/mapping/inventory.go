package mapping

import "slices"

// FieldInfo is one field of a record that one rule can fill, for comparison with what the CRM has.
type FieldInfo struct {
	Object      string   `json:"object"`      // what the CRM calls the kind of record
	ObjectName  string   `json:"object_name"` // what the mapping calls it
	Field       string   `json:"field"`
	Destination string   `json:"destination"`
	Type        string   `json:"type"` // one of the types of the language, or link (an id), json, or any
	PII         string   `json:"pii"`
	MaxLength   int      `json:"max_length,omitempty"` // in characters; 0 where the rule sets no limit
	Options     []string `json:"options,omitempty"`    // all that a rule with a table, or with a fixed value, can write
	Required    bool     `json:"required,omitempty"`   // every record that is written has a value
	Constant    any      `json:"constant,omitempty"`   // what a rule with a fixed value writes
	Key         bool     `json:"key,omitempty"`        // identifies the record, alone or with others
	Rule        Place    `json:"rule"`
}

// RuleInfo is one rule of the file.
type RuleInfo struct {
	Place Place    `json:"place"`
	From  []string `json:"from,omitempty"`
	To    []string `json:"to"`
	Owner string   `json:"owner"`
}

// Fields are all fields that the mapping can write, in the order of its rules; a field that several rules can fill is
// there once for each.
func (m *Mapping) Fields() []FieldInfo { return slices.Clone(m.fields) }

// Reads names every answer that the mapping reads or ignores, sorted.
func (m *Mapping) Reads() []string { return slices.Clone(m.reads) }

// Rules are the rules that write fields, in the order of the file: those of the consent, then those of the fields.
func (m *Mapping) Rules() []RuleInfo {
	rules := make([]RuleInfo, 0, len(m.purposes)+len(m.rules))
	for i := range m.purposes {
		p := &m.purposes[i]
		var slots []int
		for _, part := range consentParts {
			slots = append(slots, p.slots[part]...)
		}
		rules = append(rules, m.ruleInfo(&p.rule, slots))
	}
	for i := range m.rules {
		rules = append(rules, m.ruleInfo(&m.rules[i], m.rules[i].slots))
	}
	return rules
}

func (m *Mapping) ruleInfo(r *rule, slots []int) RuleInfo {
	info := RuleInfo{Place: r.about.place, From: slices.Clone(r.about.from), Owner: r.about.owner}
	if r.cel != nil {
		info.From = slices.Compact(slices.Sorted(slices.Values(append(info.From, r.cel.Reads()...))))
	}
	for _, slot := range slots {
		info.To = append(info.To, m.target(slot))
	}
	return info
}
