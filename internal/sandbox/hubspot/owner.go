package hubspot

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// owner is a user of the account, or a queue.
type owner struct {
	ID         string `json:"id"`
	Email      string `json:"email"`
	Type       string `json:"type"`
	FirstName  string `json:"firstName"`
	LastName   string `json:"lastName"`
	User       int64  `json:"userId"`
	UserOrGone int64  `json:"userIdIncludingInactive"`
	CreatedAt  string `json:"createdAt"`
	UpdatedAt  string `json:"updatedAt"`
	Archived   bool   `json:"archived"`
	Teams      []team `json:"teams,omitempty"`
}

type team struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Primary bool   `json:"primary"`
}

func standardOwners() []owner {
	return []owner{
		{"41629779", "owner.one@example.com", "PERSON", "Owner", "One", 9586504, 9586504, "2019-12-25T13:01:35.228Z", "2023-08-22T13:40:26.790Z", false, []team{{"178588", "Sales", true}}},
		{"60158084", "owner.two@example.com", "PERSON", "Owner", "Two", 9274996, 9274996, "2021-02-02T09:30:00.000Z", "2023-08-22T13:40:26.790Z", false, nil},
		{"70000001", "gone@example.com", "PERSON", "Owner", "Gone", 0, 9274000, "2020-02-02T09:30:00.000Z", "2024-08-22T13:40:26.790Z", true, nil},
	}
}

// AddOwner adds a person and returns the id that records are given to.
func (s *Server) AddOwner(email string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nextID++
	id := strconv.FormatInt(s.nextID, 10)
	now := moment(s.options.Now())
	s.owners = append(s.owners, owner{ID: id, Email: email, Type: "PERSON", User: s.nextID, UserOrGone: s.nextID, CreatedAt: now, UpdatedAt: now})
	return id
}

func (s *Server) listOwners(r *request) answer {
	query := r.URL.Query()
	limit, err := strconv.Atoi(query.Get("limit"))
	if err != nil || limit < 1 || limit > 500 {
		limit = 100
	}
	archived, after := query.Get("archived") == "true", query.Get("after")
	results := []owner{}
	body := map[string]any{}
	start := 1 + slices.IndexFunc(s.owners, func(o owner) bool { return after != "" && o.ID == after })
	for _, o := range s.owners[start:] {
		if o.Archived != archived || query.Get("email") != "" && !strings.EqualFold(o.Email, query.Get("email")) {
			continue
		}
		if len(results) == limit {
			body["paging"] = paging(results[limit-1].ID)
			break
		}
		results = append(results, o)
	}
	body["results"] = results
	return answer{http.StatusOK, body}
}

func (s *Server) getOwner(r *request) answer {
	i := slices.IndexFunc(s.owners, func(o owner) bool { return o.ID == r.PathValue("id") })
	if i < 0 {
		return notFound("resource not found").answer()
	}
	return answer{http.StatusOK, s.owners[i]}
}
