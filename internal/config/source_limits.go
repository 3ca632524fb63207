package config

// SourceLimits bound what a verified body may hold, so that no sender can use up memory or hide answers.
type SourceLimits struct {
	Depth    int   `yaml:"depth"`    // levels of nesting
	Answers  int   `yaml:"answers"`  // answers of one submission
	Name     int   `yaml:"name"`     // bytes of an answer's dotted name
	Batch    int   `yaml:"batch"`    // submissions of one delivery
	Parts    int   `yaml:"parts"`    // parts of a multipart body
	Part     int64 `yaml:"part"`     // bytes of one part
	Inflated int64 `yaml:"inflated"` // bytes of a compressed body once inflated; 0 refuses compressed bodies
}

// DefaultSourceLimits hold where the configuration says nothing.
func DefaultSourceLimits() SourceLimits {
	return SourceLimits{Depth: 32, Answers: 2000, Name: 1000, Batch: 1000, Parts: 100, Part: 1 << 20}
}

// OrDefault fills in what is not set.
func (s SourceLimits) OrDefault() SourceLimits {
	d := DefaultSourceLimits()
	for _, value := range []struct {
		into   *int
		preset int
	}{{&s.Depth, d.Depth}, {&s.Answers, d.Answers}, {&s.Name, d.Name}, {&s.Batch, d.Batch}, {&s.Parts, d.Parts}} {
		if *value.into == 0 {
			*value.into = value.preset
		}
	}
	if s.Part == 0 {
		s.Part = d.Part
	}
	return s
}
