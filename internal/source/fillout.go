package source

import (
	"fmt"
	"time"

	"handoff/internal/config"
)

// Fillout signs nothing that it documents: the secret travels in the URL. It is not documented to retry.
func filloutDefinition() definition {
	usual := config.Place{Query: "token"}
	return definition{
		adapter: config.Fillout, title: "Fillout", proof: "token in the URL", token: usual, manners: Manners{Exactly200: true},
		make: func(c config.Source, secrets []string) (adapter, error) {
			return fillout{tokenOf(c, usual, secrets)}, nil
		},
	}
}

type fillout struct{ token }

type filloutBody struct {
	FormID     text               `json:"formId"`
	FormName   text               `json:"formName"`
	Submission *filloutSubmission `json:"submission"`
	filloutSubmission
}

type filloutSubmission struct {
	ID            text           `json:"submissionId"`
	SubmittedAt   text           `json:"submissionTime"`
	UpdatedAt     text           `json:"lastUpdatedAt"`
	Questions     []filloutField `json:"questions"`
	Calculations  []filloutField `json:"calculations"`
	URLParameters []filloutField `json:"urlParameters"`
}

type filloutField struct {
	ID    text `json:"id"`
	Name  text `json:"name"`
	Type  text `json:"type"`
	Value any  `json:"value"`
}

// read gives the one submission of a delivery, with or without the wrapper that Fillout documents. An edited submission
// comes again under its id with a later time.
func (f fillout) read(d *document) ([]Entry, error) {
	var body filloutBody
	if err := d.decode(&body); err != nil {
		return nil, err
	}
	s := body.filloutSubmission
	if body.Submission != nil {
		s = *body.Submission
	}
	if s.ID == "" {
		return nil, unreadable("the body has no submissionId")
	}
	a := newAnswers(d.limits)
	for _, question := range s.Questions {
		if question.Type == "FileUpload" || question.Type == "Signature" {
			a.putFile(string(question.ID), files(question.Value))
			continue
		}
		a.put(string(question.ID), question.Value)
	}
	for _, calculation := range s.Calculations {
		a.put("calculations."+string(calculation.Name), calculation.Value)
	}
	for _, parameter := range s.URLParameters {
		a.put("hidden."+string(parameter.Name), parameter.Value)
	}
	if a.err != nil {
		return nil, a.err
	}
	e := Entry{
		SubmissionID: string(s.ID), Form: string(body.FormID), FormName: string(body.FormName), SubmittedAt: timeOf(string(s.SubmittedAt)),
		Answers: a.set,
	}
	if updated := timeOf(string(s.UpdatedAt)); updated.After(e.SubmittedAt) {
		e.Revision, e.SubmittedAt = updated.Format(time.RFC3339Nano), updated
	}
	return []Entry{e}, nil
}

func (f fillout) sample(r *Request, id string) {
	r.Body = fmt.Appendf(nil, `{"formId":"sample","formName":"Sample","submission":{"submissionId":%[1]q,"submissionTime":%[2]q,`+
		`"lastUpdatedAt":%[2]q,"questions":[{"id":"first","name":"First name","type":"ShortAnswer","value":"Ada"},`+
		`{"id":"last","name":"Last name","type":"ShortAnswer","value":"Sample"},`+
		`{"id":"email","name":"Email","type":"EmailInput","value":"ada.sample@example.com"}],"calculations":[],`+
		`"urlParameters":[{"id":"utm_source","name":"utm_source","value":"handoff"}]}}`, id, r.Received.UTC().Format(time.RFC3339))
}
