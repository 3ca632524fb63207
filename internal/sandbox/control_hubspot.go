package sandbox

import (
	"net/http"
	"strconv"
)

// controlHubSpot commands lists, subscriptions and the people who opt out of them.
func (s *Server) controlHubSpot(mux *http.ServeMux) {
	mux.HandleFunc("GET /_sandbox/hubspot/lists", func(w http.ResponseWriter, _ *http.Request) { say(w, s.HubSpot.Lists()) })
	mux.HandleFunc("POST /_sandbox/hubspot/lists", func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Name       string `json:"name"`
			Object     string `json:"object"`
			Processing string `json:"processing_type"`
		}
		if !read(w, r, &in) {
			return
		}
		id, err := s.HubSpot.AddList(in.Name, or(in.Object, "contacts"), or(in.Processing, "MANUAL"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		say(w, map[string]string{"list_id": id})
	})
	mux.HandleFunc("GET /_sandbox/hubspot/subscriptions", func(w http.ResponseWriter, _ *http.Request) { say(w, s.HubSpot.Subscriptions()) })
	mux.HandleFunc("POST /_sandbox/hubspot/subscriptions", func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Name     string `json:"name"`
			Inactive bool   `json:"inactive"`
		}
		if !read(w, r, &in) {
			return
		}
		say(w, map[string]int64{"id": s.HubSpot.AddSubscription(in.Name, !in.Inactive)})
	})
	mux.HandleFunc("GET /_sandbox/hubspot/subscriptions/{id}/statuses", func(w http.ResponseWriter, r *http.Request) {
		id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
		if err != nil {
			http.Error(w, "want the id of a subscription type", http.StatusBadRequest)
			return
		}
		say(w, s.HubSpot.Statuses(id))
	})
	mux.HandleFunc("POST /_sandbox/hubspot/optouts", func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Email        string `json:"email"`
			Subscription int64  `json:"subscription_id"`
		}
		if !read(w, r, &in) {
			return
		}
		s.HubSpot.OptOut(in.Email, in.Subscription)
		w.WriteHeader(http.StatusNoContent)
	})
}
