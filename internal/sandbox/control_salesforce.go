package sandbox

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"time"

	"handoff/internal/sandbox/salesforce"
)

// controlSalesforce adds the commands that are about the org.
func (s *Server) controlSalesforce(mux *http.ServeMux) {
	org := s.Salesforce
	do := func(pattern string, what func(r *http.Request)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			what(r)
			w.WriteHeader(http.StatusNoContent)
		})
	}
	mux.HandleFunc("GET /_sandbox/salesforce/calls", func(w http.ResponseWriter, _ *http.Request) { say(w, org.Calls()) })
	do("DELETE /_sandbox/salesforce/calls", func(*http.Request) { org.ForgetCalls() })
	mux.HandleFunc("GET /_sandbox/salesforce/records/{object}", func(w http.ResponseWriter, r *http.Request) {
		say(w, org.Records(r.PathValue("object")))
	})
	do("DELETE /_sandbox/salesforce/tokens/{token}", func(r *http.Request) { org.Revoke(r.PathValue("token")) })
	do("POST /_sandbox/salesforce/tokens/{token}/expire", func(r *http.Request) { org.Expire(r.PathValue("token")) })
	do("DELETE /_sandbox/salesforce/clients/{client}/tokens", func(r *http.Request) { org.RevokeApp(r.PathValue("client")) })
	do("POST /_sandbox/salesforce/leads/{id}/convert", func(r *http.Request) { org.Convert(r.PathValue("id")) })
	mux.HandleFunc("POST /_sandbox/salesforce/clients", s.connectClient)
	command(mux, "POST /_sandbox/salesforce/tokens", func(in struct {
		Token     string `json:"token"`
		ExpiresIn int    `json:"expires_in"` // seconds
	}) {
		org.Allow(in.Token, time.Duration(in.ExpiresIn)*time.Second)
	})
	command(mux, "PUT /_sandbox/salesforce/limits", func(in struct {
		PerDay int `json:"per_day"`
	}) {
		org.SetLimits(in.PerDay)
	})
	command(mux, "POST /_sandbox/salesforce/fields", func(in struct {
		Object     string   `json:"object"`
		Name       string   `json:"name"`
		Type       string   `json:"type"`
		Length     int      `json:"length"`
		Unique     bool     `json:"unique"`
		ExternalID bool     `json:"external_id"`
		Required   bool     `json:"required"`
		Options    []string `json:"options"`
	}) {
		org.AddField(in.Object, salesforce.Field{
			Name: in.Name, Type: or(in.Type, "string"), Length: in.Length, Unique: in.Unique, ExternalID: in.ExternalID,
			Required: in.Required, Options: in.Options,
		})
	})
	command(mux, "POST /_sandbox/salesforce/objects", func(in struct {
		Name   string `json:"name"`
		Prefix string `json:"key_prefix"`
	}) {
		org.AddObject(in.Name, in.Prefix)
	})
	command(mux, "POST /_sandbox/salesforce/duplicate-rules", func(in struct {
		Object string `json:"object"`
		Field  string `json:"field"`
		Block  bool   `json:"block"`
	}) {
		org.AddDuplicateRule(in.Object, in.Field, in.Block)
	})
	command(mux, "POST /_sandbox/salesforce/locks", func(in struct {
		Object string `json:"object"`
		Field  string `json:"field"`
		Value  string `json:"value"`
		Count  int    `json:"count"`
	}) {
		org.Lock(in.Object, or(in.Field, "Id"), in.Value, or(in.Count, 1))
	})
}

// command adds a command that has a body.
func command[In any](mux *http.ServeMux, pattern string, what func(In)) {
	mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		var in In
		if !read(w, r, &in) {
			return
		}
		what(in)
		w.WriteHeader(http.StatusNoContent)
	})
}

// connectClient adds a connected app, with the refresh token and the key that it has, if any.
func (s *Server) connectClient(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Client  string `json:"client_id"`
		Secret  string `json:"client_secret"`
		Refresh string `json:"refresh_token"`
		Key     string `json:"public_key"` // PEM
		Session int    `json:"session"`    // seconds
		Rotate  bool   `json:"rotate"`
	}
	if !read(w, r, &in) {
		return
	}
	s.Salesforce.ConnectClient(in.Client, in.Secret)
	if in.Key != "" {
		block, _ := pem.Decode([]byte(in.Key))
		if block == nil {
			http.Error(w, "public_key: want PEM", http.StatusBadRequest)
			return
		}
		parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
		key, isRSA := parsed.(*rsa.PublicKey)
		if err != nil || !isRSA {
			http.Error(w, "public_key: want an RSA key", http.StatusBadRequest)
			return
		}
		s.Salesforce.RegisterKey(in.Client, key)
	}
	if in.Refresh != "" {
		s.Salesforce.AddRefresh(in.Client, in.Refresh)
	}
	if in.Session != 0 || in.Rotate {
		s.Salesforce.SetSession(or(time.Duration(in.Session)*time.Second, 2*time.Hour), in.Rotate)
	}
	w.WriteHeader(http.StatusNoContent)
}
