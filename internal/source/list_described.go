package source

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"handoff/internal/config"
)

// describedLister reads an API that the configuration describes.
type describedLister struct {
	listing
	api config.PullAPI
}

func newDescribedLister(l listing, p config.Pull) (Lister, error) {
	d := describedLister{l, *p.API}
	name, inHeader := strings.CutPrefix(d.api.Auth, "header:")
	switch {
	case inHeader:
		d.authorize = func(r *http.Request) { r.Header.Set(name, p.Token.Reveal()) }
	case d.api.Auth == "basic":
		user, password, _ := strings.Cut(p.Token.Reveal(), ":")
		d.authorize = func(r *http.Request) { r.SetBasicAuth(user, password) }
	}
	if d.url == "" {
		return nil, fmt.Errorf("the address of the API is empty")
	}
	return d, nil
}

// List reads a page. The cursor is what the next page is asked for with: a cursor, a number, or with links a path.
func (d describedLister) List(ctx context.Context, form string, since time.Time, cursor string) (Page, error) {
	r, err := d.get(ctx, d.path(form, since, cursor), nil)
	if err != nil {
		return Page{}, err
	}
	if !r.ok() {
		return Page{}, r.byStatus(d.now())
	}
	if _, err := r.document(d.source.config.Limits); err != nil {
		return Page{}, err
	}
	items := gjson.ParseBytes(r.body)
	if d.api.Items != "" {
		items = gjson.GetBytes(r.body, d.api.Items)
	}
	if !items.IsArray() {
		return Page{}, &FetchError{Kind: FetchPermanent, Code: "no_list", Status: r.status}
	}
	var page Page
	list := items.Array()
	for _, item := range list {
		raw := []byte(item.Raw)
		page.Entries = append(page.Entries, d.read(d.wrapped(raw), raw, d.inItem(d.source.config.SubmissionID), d.inItem(d.source.config.SubmittedAt))...)
	}
	page.Next, err = d.next(r.body, len(list), cursor)
	return page, err
}

// wrapped puts an item where it stands in a webhook's body.
func (d describedLister) wrapped(item []byte) []byte {
	if d.api.Wrap == "" {
		return item
	}
	for _, key := range slices.Backward(strings.Split(d.api.Wrap, ".")) {
		item = object(map[string]json.RawMessage{key: item})
	}
	return item
}

// inItem is where an item has what stands at a place of a webhook's body.
func (d describedLister) inItem(place config.Place) string {
	if d.api.Wrap != "" {
		return strings.TrimPrefix(place.Path, d.api.Wrap+".")
	}
	return place.Path
}

func (d describedLister) path(form string, since time.Time, cursor string) string {
	if d.api.Paging == "link" && cursor != "" {
		return cursor
	}
	query := url.Values{}
	for name, value := range d.api.Query {
		query.Set(name, strings.ReplaceAll(value, "{form}", form))
	}
	if d.api.Since != "" {
		query.Set(d.api.Since, momentAs(d.api.SinceAs, since))
	}
	if d.api.SizeParameter != "" && d.api.Size > 0 {
		query.Set(d.api.SizeParameter, strconv.Itoa(d.api.Size))
	}
	switch {
	case d.api.Paging == "page" && cursor == "":
		query.Set(d.api.Parameter, "1")
	case cursor != "":
		query.Set(d.api.Parameter, cursor)
	}
	path := strings.ReplaceAll(d.api.Path, "{form}", url.PathEscape(form))
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

func momentAs(format string, at time.Time) string {
	switch format {
	case "unix":
		return strconv.FormatInt(at.Unix(), 10)
	case "unix_ms":
		return strconv.FormatInt(at.UnixMilli(), 10)
	}
	return at.UTC().Format(time.RFC3339)
}

// next is the cursor of the page after one with so many items. A link that leads to another host is not followed: the key
// would go there.
func (d describedLister) next(body []byte, items int, cursor string) (string, error) {
	number, _ := strconv.Atoi(cursor)
	switch d.api.Paging {
	case "cursor":
		if items == 0 {
			return "", nil
		}
		return gjson.GetBytes(body, d.api.Next).String(), nil
	case "link":
		link := gjson.GetBytes(body, d.api.Next).String()
		if link == "" {
			return "", nil
		}
		rest, ok := strings.CutPrefix(link, d.url)
		if !ok && strings.HasPrefix(link, "/") && !strings.HasPrefix(link, "//") {
			rest, ok = link, true
		}
		if !ok || !strings.HasPrefix(rest, "/") && !strings.HasPrefix(rest, "?") {
			return "", &FetchError{Kind: FetchPermanent, Code: "foreign_link"}
		}
		return rest, nil
	case "page":
		if items >= d.api.Size {
			return strconv.Itoa(max(number, 1) + 1), nil
		}
	case "offset":
		if items >= d.api.Size {
			return strconv.Itoa(number + items), nil
		}
	}
	return "", nil
}
