package hubspot

import (
	"net/http"
	"slices"
)

// maxBatch is how many records a batch may hold.
const maxBatch = 100

// batchAnswer is what every batch is answered with.
type batchAnswer struct {
	Status      string  `json:"status"`
	StartedAt   string  `json:"startedAt"`
	CompletedAt string  `json:"completedAt"`
	NumErrors   int     `json:"numErrors,omitempty"`
	Results     []shown `json:"results"`
	Errors      []wire  `json:"errors,omitempty"`
}

// batch collects the answer to one.
type batch struct {
	s       *Server
	success int
	started string
	results []shown
	errors  []wire
}

func (s *Server) begin(success int) *batch {
	return &batch{s: s, success: success, started: moment(s.options.Now()), results: []shown{}}
}

// answer gives results in another order than they were asked for: HubSpot promises none.
func (b *batch) answer() answer {
	slices.Reverse(b.results)
	status := b.success
	if len(b.errors) > 0 {
		status = http.StatusMultiStatus
	}
	return answer{status, batchAnswer{
		Status: "COMPLETE", StartedAt: b.started, CompletedAt: moment(b.s.options.Now()), NumErrors: len(b.errors),
		Results: b.results, Errors: b.errors,
	}}
}

func tooMany(n int) *failure {
	if n < 1 || n > maxBatch {
		return badRequest("The batch has %d inputs; 1 to %d are allowed", n, maxBatch)
	}
	return nil
}

// numbered says whether every input carries a number by which its own error can be told.
func numbered[T any](inputs []T, trace func(T) string) bool {
	return !slices.ContainsFunc(inputs, func(in T) bool { return trace(in) == "" })
}

func (s *Server) batchCreate(r *request) answer {
	t, unknown := s.object(r.PathValue("object"))
	if unknown != nil {
		return unknown.answer()
	}
	var in struct {
		Inputs []writing `json:"inputs"`
	}
	if f := r.decode(&in); f != nil {
		return f.answer()
	}
	r.items = len(in.Inputs)
	if f := tooMany(r.items); f != nil {
		return f.answer()
	}
	own := numbered(in.Inputs, func(w writing) string { return w.Trace })
	if !own {
		if f := s.refuseAll(t, in.Inputs); f != nil {
			return f.answer()
		}
	}
	b := s.begin(http.StatusCreated)
	for _, input := range in.Inputs {
		created, refused := s.createOne(t, input)
		if refused != nil {
			b.errors = append(b.errors, refused.item(input.Trace))
			continue
		}
		out := t.showWritten(created, input.Properties)
		out.Trace = input.Trace
		b.results = append(b.results, out)
	}
	return b.answer()
}

// refuseAll is the failure of a batch whose records carry no numbers: all values that are wrong, or a conflict that does
// not say with whom.
func (s *Server) refuseAll(t *objectType, inputs []writing) *failure {
	var wrong []invalid
	for _, input := range inputs {
		wrong = append(wrong, s.check(t, input.Properties)...)
	}
	if len(wrong) > 0 {
		return validation(wrong)
	}
	for _, input := range inputs {
		if refused := s.refusal(t, nil, input.Properties); refused != nil {
			if refused.Status == http.StatusConflict {
				refused.Message, refused.Context = "Contact already exists.", nil
			}
			return refused
		}
	}
	return nil
}

// changing is a record as one that is to be updated or upserted is sent.
type changing struct {
	ID         string            `json:"id"`
	IDProperty string            `json:"idProperty"`
	Properties map[string]string `json:"properties"`
	Trace      string            `json:"objectWriteTraceId"`
}

func (s *Server) changes(r *request) (*objectType, []changing, *failure) {
	t, unknown := s.object(r.PathValue("object"))
	if unknown != nil {
		return nil, nil, unknown
	}
	var in struct {
		Inputs []changing `json:"inputs"`
	}
	if f := r.decode(&in); f != nil {
		return nil, nil, f
	}
	r.items = len(in.Inputs)
	if f := tooMany(r.items); f != nil {
		return nil, nil, f
	}
	seen := map[string]bool{}
	var twice []string
	for _, input := range in.Inputs {
		id := uniqueForm(input.ID)
		if seen[id] && !slices.Contains(twice, input.ID) {
			twice = append(twice, input.ID)
		}
		seen[id] = true
	}
	if len(twice) > 0 {
		return nil, nil, duplicateIDs(twice)
	}
	return t, in.Inputs, nil
}

func (s *Server) batchUpdate(r *request) answer {
	return s.change(r, func(t *objectType, input changing) (*record, *failure) {
		found, bad := t.find(input.ID, input.IDProperty)
		switch {
		case bad != nil:
			return nil, bad
		case found == nil:
			f := notFound("Could not get some " + t.singular + " objects, they may be deleted or not exist. Check that ids are valid.")
			f.Context = map[string][]string{"ids": {input.ID}}
			return nil, f
		}
		return found, nil
	})
}

func (s *Server) batchUpsert(r *request) answer {
	return s.change(r, func(t *objectType, input changing) (*record, *failure) {
		if input.IDProperty == "" {
			return nil, badRequest("idProperty is required")
		}
		return t.find(input.ID, input.IDProperty)
	})
}

// change writes a batch to records that find looks up; one that it does not find is created.
func (s *Server) change(r *request, find func(*objectType, changing) (*record, *failure)) answer {
	t, inputs, bad := s.changes(r)
	if bad != nil {
		return bad.answer()
	}
	own := numbered(inputs, func(c changing) string { return c.Trace }) && !s.options.WholeBatch
	try := func(input *changing) (*record, *failure) {
		found, refused := find(t, *input)
		if refused != nil {
			return nil, refused
		}
		if found == nil && input.Properties[input.IDProperty] == "" {
			input.Properties = with(input.Properties, input.IDProperty, input.ID)
		}
		return found, s.refusal(t, found, input.Properties)
	}
	if !own { // nothing is stored unless all of it can be
		var wrong []invalid
		for i := range inputs {
			_, refused := try(&inputs[i])
			if refused != nil && refused.Status != http.StatusNotFound && len(refused.Errors) == 0 {
				return refused.answer()
			}
			if refused != nil {
				wrong = append(wrong, s.check(t, inputs[i].Properties)...)
				if len(wrong) == 0 && refused.Status != http.StatusNotFound {
					return refused.answer()
				}
			}
		}
		if len(wrong) > 0 {
			return validation(wrong).answer()
		}
	}
	b := s.begin(http.StatusOK)
	for i := range inputs {
		input := &inputs[i]
		found, refused := try(input)
		if refused != nil {
			b.errors = append(b.errors, refused.item(input.Trace))
			continue
		}
		isNew := found == nil
		written := s.store(t, found, input.Properties)
		out := t.showWritten(written, input.Properties)
		out.Trace = input.Trace
		if input.IDProperty != "" {
			out.New = &isNew
		}
		b.results = append(b.results, out)
	}
	return b.answer()
}

func with(values map[string]string, name, value string) map[string]string {
	copied := map[string]string{name: value}
	for n, v := range values {
		copied[n] = v
	}
	return copied
}

func (s *Server) batchRead(r *request) answer {
	t, unknown := s.object(r.PathValue("object"))
	if unknown != nil {
		return unknown.answer()
	}
	var in struct {
		IDProperty string   `json:"idProperty"`
		Properties []string `json:"properties"`
		History    []string `json:"propertiesWithHistory"`
		Inputs     []struct {
			ID string `json:"id"`
		} `json:"inputs"`
	}
	if f := r.decode(&in); f != nil {
		return f.answer()
	}
	r.items = len(in.Inputs)
	if f := tooMany(r.items); f != nil {
		return f.answer()
	}
	b := s.begin(http.StatusOK)
	var absent []string
	seen := map[string]bool{}
	for _, input := range in.Inputs {
		found, bad := t.find(input.ID, in.IDProperty)
		switch {
		case bad != nil:
			return bad.answer()
		case found == nil:
			absent = append(absent, input.ID)
		case !seen[found.id]:
			seen[found.id] = true
			b.results = append(b.results, t.show(found, in.Properties))
		}
	}
	if len(absent) > 0 {
		f := notFound("Could not get some " + t.singular + " objects, they may be deleted or not exist. Check that ids are valid.")
		f.Context = map[string][]string{"ids": absent}
		b.errors = append(b.errors, f.item(""))
	}
	return b.answer()
}

func (s *Server) batchArchive(r *request) answer {
	t, unknown := s.object(r.PathValue("object"))
	if unknown != nil {
		return unknown.answer()
	}
	var in struct {
		Inputs []struct {
			ID string `json:"id"`
		} `json:"inputs"`
	}
	if f := r.decode(&in); f != nil {
		return f.answer()
	}
	r.items = len(in.Inputs)
	for _, input := range in.Inputs {
		if found, _ := t.find(input.ID, ""); found != nil {
			s.remove(t, found)
		}
	}
	return answer{status: http.StatusNoContent}
}
