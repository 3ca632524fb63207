// Package payload reads a sample of a submission from a file: the body as a sender sends it, bare answers, or a case that
// is kept beside a mapping. What comes out is what a mapping would be given, were the sample a real submission.
package payload

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"handoff/internal/config"
	"handoff/internal/mapping"
	"handoff/internal/mappingtool/cases"
	"handoff/internal/source"
	"handoff/internal/submission"
	"handoff/internal/yamlfile"
)

// Reader reads samples.
type Reader struct {
	Sources map[string]config.Source // those that are configured
	Set     *mapping.Set
	// Mapping, Source and Form are what the user said; empty where they are to be found out.
	Mapping, Source, Form string
	// Now stands for the time of submission where the sample has none.
	Now time.Time
}

// Sample is a submission that was read.
type Sample struct {
	Mapping *mapping.Mapping
	Input   mapping.Input
	// How tells a person how the file was understood.
	How string
}

// Read reads a file's content. The name decides whether it is a case (.yaml, .yml) or a body.
func (r Reader) Read(name string, data []byte) (Sample, error) {
	if err := r.check(); err != nil {
		return Sample{}, err
	}
	if ext := filepath.Ext(name); ext == ".yaml" || ext == ".yml" {
		return r.readCase(name, data)
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // some editors begin a file with it
	media, err := mediaType(data)
	if err != nil {
		return Sample{}, err
	}
	found, err := r.readAs(media, data)
	switch {
	case err != nil:
		return Sample{}, err
	case len(found) == 1:
		return found[0], nil
	case len(found) == 0:
		return r.readBare(media, data)
	}
	names := make([]string, len(found))
	for i, f := range found {
		names[i] = f.Input.Source
	}
	return Sample{}, fmt.Errorf("the sample can be read as %s sends it; say which with --source", strings.Join(names, " or as "))
}

// check makes sure that what the user named is there.
func (r Reader) check() error {
	if r.Mapping != "" {
		if _, err := r.named(); err != nil {
			return err
		}
	}
	if r.Source == "" {
		return nil
	}
	known := slices.Collect(maps.Keys(r.Sources))
	for _, m := range r.Set.All() {
		known = append(known, m.Sources()...)
	}
	if !slices.Contains(known, r.Source) {
		slices.Sort(known)
		return errors.New(yamlfile.Unknown("source", r.Source, slices.Compact(known)))
	}
	return nil
}

// named is the mapping that the user named.
func (r Reader) named() (*mapping.Mapping, error) {
	var names []string
	for _, m := range r.Set.All() {
		if m.Name() == r.Mapping {
			return m, nil
		}
		names = append(names, m.Name())
	}
	return nil, errors.New(yamlfile.Unknown("mapping", r.Mapping, names))
}

func (r Reader) readCase(name string, data []byte) (Sample, error) {
	in, problems := cases.Read(name, data)
	if err := problems.Err(); err != nil {
		return Sample{}, err
	}
	if r.Source != "" {
		in.Source = r.Source
	}
	if r.Form != "" {
		in.Form = r.Form
	}
	m, err := r.serving(in.Source, in.Form)
	return Sample{Mapping: m, Input: in, How: "a case"}, err
}

// serving is the mapping that the user named, else the one that serves the form.
func (r Reader) serving(source, form string) (*mapping.Mapping, error) {
	if r.Mapping != "" {
		return r.named()
	}
	if m, ok := r.Set.For(source, form); ok {
		return m, nil
	}
	return nil, fmt.Errorf("no mapping serves form %s of source %s; name one with --mapping", form, source)
}

// readAs reads the body as each source would that may have sent it. A source fits when it understands the body and a
// mapping serves the form; one that the user named must fit.
func (r Reader) readAs(media string, data []byte) ([]Sample, error) {
	var fitting []Sample
	for _, name := range slices.Sorted(maps.Keys(r.Sources)) {
		if !r.maySend(name) {
			continue
		}
		reading, err := read(name, r.Sources[name], media, data, r.Now)
		if err != nil {
			return nil, err
		}
		sample, err := r.fit(name, reading)
		switch {
		case err == nil:
			fitting = append(fitting, sample)
		case r.Source != "":
			return nil, err
		}
	}
	return fitting, nil
}

func (r Reader) maySend(name string) bool {
	if r.Source != "" {
		return name == r.Source
	}
	if r.Mapping == "" {
		return tells(r.Sources[name])
	}
	m, err := r.named()
	return err == nil && slices.Contains(m.Sources(), name)
}

// tells says whether a body of the source tells that it comes from there. One that is bare answers could be anybody's.
func tells(c config.Source) bool {
	return c.Adapter != config.Generic || c.FormPath != "" || c.AnswersPath != ""
}

// fit makes a sample of a reading. The error says why it is none.
func (r Reader) fit(name string, reading source.Reading) (Sample, error) {
	if len(reading.Submissions) == 0 {
		return Sample{}, fmt.Errorf("what %s tells with this is no submission", name)
	}
	item := reading.Submissions[0]
	form := item.Submission.Form
	if r.Form != "" {
		form = r.Form
	}
	switch {
	case item.Payload.Hold != nil:
		return Sample{}, fmt.Errorf("%s does not send this: %s; leave --source out, and the body is taken as the answers themselves",
			name, item.Payload.Hold.Detail)
	case item.Payload.Notice != nil:
		return Sample{}, fmt.Errorf("with this %s only announces answers, which are fetched later; want a sample of the answers", name)
	}
	m, err := r.serving(name, form)
	if err != nil {
		return Sample{}, err
	}
	if r.Form == "" && r.Mapping != "" && !slices.Contains(m.Forms(), form) {
		return Sample{}, fmt.Errorf("form %s is not one of %s; it serves: %s", form, m.Name(), strings.Join(m.Forms(), ", "))
	}
	s := Sample{Mapping: m, Input: input(item, form), How: "as source " + name + " sends it"}
	if n := len(reading.Submissions); n > 1 {
		s.How += fmt.Sprintf("; the first of %d submissions", n)
	}
	return s, nil
}

func input(item source.Item, form string) mapping.Input {
	s := item.Submission
	return mapping.Input{
		Source: s.Source, Form: form, Submission: s.ID, RecordKey: submission.RecordKey(s.Source, s.SenderID),
		SubmittedAt: s.SubmittedAt, ReceivedAt: s.ReceivedAt, Answers: item.Payload.Answers, Context: item.Payload.Context,
	}
}

// readBare takes the whole body for the answers of the mapping that is named, or of the only one that there is.
func (r Reader) readBare(media string, data []byte) (Sample, error) {
	all := r.Set.All()
	if r.Mapping == "" && r.Form != "" {
		all = slices.DeleteFunc(all, func(m *mapping.Mapping) bool {
			return !slices.Contains(m.Forms(), r.Form) || r.Source != "" && !slices.Contains(m.Sources(), r.Source)
		})
	}
	if r.Mapping != "" {
		m, err := r.named()
		if err != nil {
			return Sample{}, err
		}
		all = []*mapping.Mapping{m}
	}
	if len(all) != 1 {
		return Sample{}, errors.New("no configured source sends a body like this to a form that is mapped; name a mapping with --mapping, " +
			"and the body is taken as the answers themselves")
	}
	m := all[0]
	name, form := m.Sources()[0], m.Forms()[0]
	if r.Source != "" {
		name = r.Source
	}
	if r.Form != "" {
		form = r.Form
	}
	reading, err := read(name, bare(form), media, data, r.Now)
	if err != nil {
		return Sample{}, err
	}
	if hold := reading.Submissions[0].Payload.Hold; hold != nil {
		return Sample{}, errors.New(hold.Detail)
	}
	return Sample{Mapping: m, Input: input(reading.Submissions[0], form), How: "as bare answers to form " + form + " of source " + name}, nil
}

// bare is a sender whose whole body is the answers.
func bare(form string) config.Source {
	return config.Source{
		Adapter: config.Generic, Form: form, Signature: config.Signature{Scheme: config.HMAC, Algorithm: "hmac-sha256", Encoding: "hex"},
	}
}

// read reads a body as a source does that has been proven to send it.
func read(name string, c config.Source, media string, data []byte, now time.Time) (source.Reading, error) {
	// Nothing is verified, so that any secret will do: a source that was given none would refuse to be made.
	c.Secrets = []config.Secret{config.NewSecret("whsec_" + strings.Repeat("A", 32))}
	c.VerifyTokens = c.Secrets
	s, err := source.New(name, c)
	if err != nil {
		return source.Reading{}, err
	}
	return s.Read(source.Request{Method: http.MethodPost, Header: http.Header{}, ContentType: media, Body: data, Received: now}), nil
}
