package source

import (
	"context"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// tallyLister reads Tally's submissions, newest first: https://developers.tally.so/api-reference/endpoint/forms/submissions/list.
// The API gives the questions once and the answers by question, already in words: its shape is not the webhook's.
type tallyLister struct{ listing }

// tallyPage is how many submissions are read at once, of 500 at most.
const tallyPage = 100

type tallyQuestion struct {
	ID    text `json:"id"`
	Type  text `json:"type"`
	Title text `json:"title"`
}

type tallySubmission struct {
	ID          text `json:"id"`
	FormID      text `json:"formId"`
	SubmittedAt text `json:"submittedAt"`
	Responses   []struct {
		QuestionID text `json:"questionId"`
		Answer     any  `json:"answer"`
	} `json:"responses"`
}

// List counts pages. A submission that arrives meanwhile moves others to a later page, never to an earlier one.
func (l tallyLister) List(ctx context.Context, form string, since time.Time, cursor string) (Page, error) {
	number, _ := strconv.Atoi(cursor)
	number = max(number, 1)
	query := url.Values{
		"page": {strconv.Itoa(number)}, "limit": {strconv.Itoa(tallyPage)}, "filter": {"completed"},
		"startDate": {since.UTC().Format(time.RFC3339)},
	}
	var list struct {
		More        bool              `json:"hasMore"`
		Questions   []tallyQuestion   `json:"questions"`
		Submissions []json.RawMessage `json:"submissions"`
	}
	if err := l.page(ctx, "/forms/"+url.PathEscape(form)+"/submissions?"+query.Encode(), &list); err != nil {
		return Page{}, err
	}
	questions := map[text]tallyQuestion{}
	for _, q := range list.Questions {
		questions[q.ID] = q
	}
	var page Page
	for _, raw := range list.Submissions {
		page.Entries = append(page.Entries, l.entry(raw, questions))
	}
	if list.More && len(list.Submissions) > 0 {
		page.Next = strconv.Itoa(number + 1)
	}
	return page, nil
}

func (l tallyLister) entry(raw []byte, questions map[text]tallyQuestion) Entry {
	var s tallySubmission
	decoder := document{json: raw}
	if err := decoder.decode(&s); err != nil || s.ID == "" {
		return unreadableRecord(raw, "id", "submittedAt")
	}
	a := newAnswers(l.source.config.Limits)
	for _, r := range s.Responses {
		q := questions[r.QuestionID]
		name := "question_" + string(r.QuestionID) // as the webhook's keys
		object, isObject := r.Answer.(map[string]any)
		switch {
		case q.Type == "HIDDEN_FIELDS" && isObject:
			for _, label := range slices.Sorted(maps.Keys(object)) {
				a.put("hidden."+label, object[label])
			}
		case q.Type == "HIDDEN_FIELDS":
			a.put("hidden."+string(q.Title), r.Answer)
		case q.Type == "FILE_UPLOAD" || q.Type == "SIGNATURE":
			a.putFile(name, files(r.Answer))
		case q.Type == "MATRIX" && isObject:
			for _, row := range slices.Sorted(maps.Keys(object)) {
				a.put(name+"."+row, object[row])
			}
		default:
			a.put(name, r.Answer)
		}
	}
	if a.err != nil {
		return unreadableRecord(raw, "id", "submittedAt")
	}
	return Entry{SubmissionID: string(s.ID), Form: string(s.FormID), SubmittedAt: timeOf(string(s.SubmittedAt)), Answers: a.set, Raw: raw}
}
