package sandbox

import (
	"encoding/json"
	"net/http"
	"time"
)

// control is the endpoint by which faults and tokens are commanded.
func (s *Server) control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /_sandbox/faults", func(w http.ResponseWriter, _ *http.Request) { say(w, s.Faults.List()) })
	mux.HandleFunc("POST /_sandbox/faults", func(w http.ResponseWriter, r *http.Request) {
		var fault Fault
		if !read(w, r, &fault) {
			return
		}
		if err := s.Faults.Add(fault); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("DELETE /_sandbox/faults", func(w http.ResponseWriter, _ *http.Request) {
		s.Faults.Clear()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("POST /_sandbox/reset", func(w http.ResponseWriter, _ *http.Request) {
		s.Reset()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("GET /_sandbox/hubspot/calls", func(w http.ResponseWriter, _ *http.Request) { say(w, s.HubSpot.Calls()) })
	mux.HandleFunc("DELETE /_sandbox/hubspot/calls", func(w http.ResponseWriter, _ *http.Request) {
		s.HubSpot.ForgetCalls()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("GET /_sandbox/hubspot/records/{object}", func(w http.ResponseWriter, r *http.Request) {
		say(w, s.HubSpot.Records(r.PathValue("object")))
	})
	mux.HandleFunc("POST /_sandbox/hubspot/tokens", s.allow)
	mux.HandleFunc("DELETE /_sandbox/hubspot/tokens/{token}", func(w http.ResponseWriter, r *http.Request) {
		s.HubSpot.Revoke(r.PathValue("token"))
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("POST /_sandbox/hubspot/tokens/{token}/expire", func(w http.ResponseWriter, r *http.Request) {
		s.HubSpot.Expire(r.PathValue("token"))
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("PUT /_sandbox/hubspot/limits", func(w http.ResponseWriter, r *http.Request) {
		// What is left out stays as it is; zero is the usual.
		var limits struct {
			PerTenSeconds *int `json:"per_ten_seconds"`
			PerDay        *int `json:"per_day"`
			SearchLag     *int `json:"search_lag_ms"`
		}
		if !read(w, r, &limits) {
			return
		}
		perTenSeconds, perDay := s.HubSpot.Limits()
		if limits.PerTenSeconds != nil {
			perTenSeconds = or(*limits.PerTenSeconds, 100)
		}
		if limits.PerDay != nil {
			perDay = or(*limits.PerDay, 250_000)
		}
		s.HubSpot.SetLimits(perTenSeconds, perDay)
		if limits.SearchLag != nil {
			s.HubSpot.SetSearchLag(time.Duration(*limits.SearchLag) * time.Millisecond)
		}
		w.WriteHeader(http.StatusNoContent)
	})
	s.controlHubSpot(mux)
	s.controlSalesforce(mux)
	return mux
}

// allow adds an access token, or with a client a refresh token.
func (s *Server) allow(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Token     string   `json:"token"`
		ExpiresIn int      `json:"expires_in"` // seconds
		Scopes    []string `json:"scopes"`
		Client    string   `json:"client_id"`
		Secret    string   `json:"client_secret"`
	}
	if !read(w, r, &in) {
		return
	}
	lifetime := time.Duration(in.ExpiresIn) * time.Second
	if in.Client != "" {
		s.HubSpot.Connect(in.Client, in.Secret, in.Token, or(lifetime, 30*time.Minute), in.Scopes...)
	} else {
		s.HubSpot.Allow(in.Token, lifetime, in.Scopes...)
	}
	w.WriteHeader(http.StatusNoContent)
}

func read(w http.ResponseWriter, r *http.Request, into any) bool {
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return false
	}
	return true
}

func say(w http.ResponseWriter, what any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(what) // the client is gone: nothing to do
}
