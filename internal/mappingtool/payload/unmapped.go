package payload

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"handoff/internal/source"
)

// Unmapped is a sample of a form that no mapping serves yet.
type Unmapped struct {
	Source, Form string
	Answers      map[string]any
	Consents     []string // answers that the sender itself marks as consent
	How          string
}

// ReadUnmapped reads a body without asking for a mapping. Where no source is named, and none is configured that tells that
// the body is its own, the body is taken for bare answers; the source and form are then those that the user named.
func (r Reader) ReadUnmapped(data []byte) (Unmapped, error) {
	media, err := mediaType(data)
	if err != nil {
		return Unmapped{}, err
	}
	var fitting []Unmapped
	for _, name := range slices.Sorted(maps.Keys(r.Sources)) {
		if r.Source != name && (r.Source != "" || !tells(r.Sources[name])) {
			continue
		}
		reading, err := read(name, r.Sources[name], media, data, r.Now)
		if err != nil {
			return Unmapped{}, err
		}
		if u, ok := unmapped(reading, "as source "+name+" sends it"); ok {
			fitting = append(fitting, u)
		}
	}
	switch len(fitting) {
	case 0:
		return r.bareAnswers(media, data)
	case 1:
		if r.Form != "" {
			fitting[0].Form = r.Form
		}
		return fitting[0], nil
	}
	names := make([]string, len(fitting))
	for i, u := range fitting {
		names[i] = u.Source
	}
	return Unmapped{}, fmt.Errorf("the sample can be read as %s sends it; say which with --source", strings.Join(names, " or as "))
}

// unmapped takes the first submission of a reading that has answers.
func unmapped(reading source.Reading, how string) (Unmapped, bool) {
	for _, item := range reading.Submissions {
		if item.Payload.Hold == nil && item.Payload.Notice == nil && len(item.Payload.Answers) > 0 {
			return Unmapped{item.Submission.Source, item.Submission.Form, item.Payload.Answers, item.Payload.Consents, how}, true
		}
	}
	return Unmapped{}, false
}

func (r Reader) bareAnswers(media string, data []byte) (Unmapped, error) {
	form, name := r.Form, r.Source
	if form == "" {
		return Unmapped{}, errors.New("no configured source sends a body like this, so it is taken for bare answers; say which form it is of with --form")
	}
	if name == "" {
		all := slices.Sorted(maps.Keys(r.Sources))
		if len(all) > 1 {
			return Unmapped{}, fmt.Errorf("say which source sends the form, with --source: %s", strings.Join(all, " or "))
		}
		name = "website"
		if len(all) == 1 {
			name = all[0]
		}
	}
	reading, err := read(name, bare(form), media, data, r.Now)
	if err != nil {
		return Unmapped{}, err
	}
	u, ok := unmapped(reading, "as bare answers to form "+form+" of source "+name)
	if !ok {
		if hold := reading.Submissions[0].Payload.Hold; hold != nil {
			return Unmapped{}, errors.New(hold.Detail)
		}
		return Unmapped{}, errors.New("the sample holds no answers")
	}
	return u, nil
}
