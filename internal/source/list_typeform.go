package source

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"time"
)

// typeformLister reads Typeform's Responses API, newest first: https://www.typeform.com/developers/responses/. A response is
// what a webhook has as form_response, without the form's definition.
type typeformLister struct{ listing }

// typeformPage is how many responses are read at once, of 1000 at most.
const typeformPage = 200

// List goes back from the newest response by the token of the last one.
func (l typeformLister) List(ctx context.Context, form string, since time.Time, cursor string) (Page, error) {
	query := url.Values{"page_size": {strconv.Itoa(typeformPage)}, "since": {since.UTC().Format(time.RFC3339)}}
	if cursor != "" {
		query.Set("before", cursor)
	}
	var list struct {
		Items []map[string]any `json:"items"`
	}
	if err := l.page(ctx, "/forms/"+url.PathEscape(form)+"/responses?"+query.Encode(), &list); err != nil {
		return Page{}, err
	}
	var page Page
	for _, item := range list.Items {
		raw, _ := json.Marshal(item)
		item["form_id"] = form
		body := object(map[string]any{"event_type": "form_response", "form_response": item})
		page.Entries = append(page.Entries, l.read(body, raw, "token", "submitted_at")...)
	}
	if n := len(list.Items); n == typeformPage {
		page.Next = textOf(list.Items[n-1]["token"])
	}
	return page, nil
}
