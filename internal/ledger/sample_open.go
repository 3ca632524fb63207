package ledger

import (
	"handoff/internal/submission"
)

// SealedSample is a submission as Samples reads it. What people answered in it is still sealed.
type SealedSample struct {
	row         sampleRow
	corrections []sealedCorrection
}

// Sample is a submission with its answers, for tools that compare mappings. It holds personal data.
type Sample struct {
	Submission submission.Submission
	// Payload has the corrections of people applied: it is what a mapping would be given now.
	Payload submission.Payload
	// Mapping and MappingVersion say what made the recorded plan; empty where there is none yet.
	Mapping, MappingVersion string
	Stage                   submission.Stage
	Disposition             submission.Disposition
	// Plan is what SavePlan sealed; nil where nothing was planned, or where SampleQuery.Plans did not ask.
	Plan []byte
}

// OpenSample opens what is sealed. It is safe for concurrent use.
func (l *Ledger) OpenSample(s SealedSample) (Sample, error) {
	id := s.row.ID
	sample := Sample{
		Submission: s.row.submission(), Mapping: s.row.Mapping, MappingVersion: s.row.MappingVersion,
		Stage: s.row.Stage, Disposition: s.row.Disposition,
	}
	if err := l.open(s.row.Payload, string(id), &sample.Payload); err != nil {
		return Sample{}, err
	}
	for _, sealed := range s.corrections {
		var c Correction
		if err := l.open(sealed.answers, correctionID(id, sealed.id), &c); err != nil {
			return Sample{}, err
		}
		c.apply(&sample.Payload)
	}
	if s.row.Plan.Valid {
		plan, err := l.keys.Open(s.row.Plan.V, planID(id))
		if err != nil {
			return Sample{}, err
		}
		sample.Plan = plan
	}
	return sample, nil
}

// apply changes the answers as the correction says.
func (c Correction) apply(payload *submission.Payload) {
	if payload.Answers == nil {
		payload.Answers = map[string]any{}
	}
	for _, field := range c.Unset {
		delete(payload.Answers, field)
	}
	for field, value := range c.Answers {
		payload.Answers[field] = value
	}
}
