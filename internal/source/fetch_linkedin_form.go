package source

import (
	"maps"
	"slices"

	"handoff/internal/config"
)

type linkedinFormBody struct {
	Name   text `json:"name"`
	Locale struct {
		Language text `json:"language"`
		Country  text `json:"country"`
	} `json:"creationLocale"`
	Content struct {
		Questions []struct {
			ID         text `json:"questionId"`
			Name       text `json:"name"`
			Predefined text `json:"predefinedField"`
			Details    struct {
				Choice struct {
					Options []struct {
						ID   text `json:"id"`
						Text struct {
							Localized map[string]text `json:"localized"`
						} `json:"text"`
					} `json:"options"`
				} `json:"multipleChoiceQuestionDetails"`
			} `json:"questionDetails"`
		} `json:"questions"`
		Hidden []linkedinHidden `json:"hiddenFields"`
	} `json:"content"`
	Hidden []linkedinHidden `json:"hiddenFields"`
}

type linkedinHidden struct {
	Name  text `json:"name"`
	Value text `json:"value"`
}

// readLinkedinForm reads the names of a form's questions and the texts of their options. LinkedIn's own fields are called
// by LinkedIn's names for them, such as FIRST_NAME, whatever the form's author wrote.
func readLinkedinForm(r reply, limits config.SourceLimits) (linkedinForm, error) {
	var body linkedinFormBody
	if err := r.decode(limits, &body); err != nil {
		return linkedinForm{}, err
	}
	form := linkedinForm{name: string(body.Name), questions: map[string]linkedinQuestion{}, hidden: map[string]string{}}
	if body.Locale.Language != "" {
		form.locale = string(body.Locale.Language)
		if body.Locale.Country != "" {
			form.locale += "-" + string(body.Locale.Country)
		}
	}
	for _, question := range body.Content.Questions {
		q := linkedinQuestion{name: firstText(string(question.Predefined), string(question.Name)), options: map[string]string{}}
		for _, option := range question.Details.Choice.Options {
			localized := option.Text.Localized
			for _, locale := range slices.Sorted(maps.Keys(localized)) {
				q.options[string(option.ID)] = string(localized[locale])
				break // a form has one language
			}
		}
		form.questions[string(question.ID)] = q
	}
	for _, hidden := range append(body.Hidden, body.Content.Hidden...) {
		form.hidden[string(hidden.Name)] = string(hidden.Value)
	}
	return form, nil
}
