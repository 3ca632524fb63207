package hubspot

import (
	"net/http"
	"slices"
)

// everything is what a token without limits may do.
func everything() []string {
	all := []string{
		"crm.objects.owners.read", "crm.objects.leads.read", "crm.objects.leads.write", "tickets", "communication_preferences.read_write",
		"crm.lists.read", "crm.lists.write",
	}
	for _, object := range []string{"contacts", "companies", "deals", "custom"} {
		all = append(all, "crm.objects."+object+".read", "crm.objects."+object+".write", "crm.schemas."+object+".read", "crm.schemas."+object+".write")
	}
	slices.Sort(all)
	return all
}

// tokenInfo tells what a private app's token may do; tokens of other apps are not known here.
func (s *Server) tokenInfo(r *request) answer {
	var in struct {
		Token string `json:"tokenKey"`
	}
	if f := r.decode(&in); f != nil {
		return f.answer()
	}
	a := s.tokens[in.Token]
	if a == nil || a.app != "private" {
		return badRequest("The token is not that of a private app").answer()
	}
	scopes := a.scopes
	if scopes == nil {
		scopes = everything()
	}
	return answer{http.StatusOK, map[string]any{"userId": 87654, "hubId": portal, "appId": 1234567, "scopes": scopes}}
}
