package managertest

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// HTTP gives one text to whoever asks, as an agent or a proxy of a secret manager does.
type HTTP struct {
	URL string

	mu      sync.Mutex
	text    string
	status  int
	hanging chan struct{} // nil while it answers
}

// StartHTTP starts one that lasts as long as the test.
func StartHTTP(t testing.TB, text string) *HTTP {
	t.Helper()
	h := &HTTP{text: text, status: http.StatusOK}
	server := httptest.NewServer(h)
	t.Cleanup(func() {
		h.Answer(http.StatusOK)
		server.CloseClientConnections()
		server.Close()
	})
	h.URL = server.URL
	return h
}

// Put has it give another text.
func (h *HTTP) Put(text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.text = text
}

// Answer has it answer with a status from now on.
func (h *HTTP) Answer(status int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.status = status
	if h.hanging != nil {
		close(h.hanging)
		h.hanging = nil
	}
}

// Hang has it take requests and answer none.
func (h *HTTP) Hang() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.hanging = make(chan struct{})
}

// ServeHTTP implements http.Handler.
func (h *HTTP) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	text, status, hanging := h.text, h.status, h.hanging
	h.mu.Unlock()
	if hanging != nil {
		select {
		case <-hanging:
		case <-r.Context().Done():
		}
		return
	}
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text))
}

// StartVault starts a Vault that unseals with one key of its transit engine, for whoever has the token, and gives its address.
// What Seal makes is what it can unseal.
// See https://developer.hashicorp.com/vault/api-docs/secret/transit#decrypt-data.
func StartVault(t testing.TB, key, token string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var request struct{ Ciphertext string }
		_ = json.NewDecoder(r.Body).Decode(&request)
		sealed, ours := strings.CutPrefix(request.Ciphertext, "vault:v1:")
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.Header.Get("X-Vault-Token") != token:
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte(`{"errors":["permission denied"]}`))
		case r.URL.Path != "/v1/transit/decrypt/"+key || !ours:
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"errors":["invalid ciphertext: no prefix"]}`))
		default:
			_ = json.NewEncoder(w).Encode(map[string]any{"data": map[string]string{"plaintext": reversed(sealed)}})
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// Seal seals a text for StartVault's. It hides nothing from anybody.
func Seal(text string) string {
	return "vault:v1:" + reversed(base64.StdEncoding.EncodeToString([]byte(text)))
}

func reversed(text string) string {
	runes := []rune(text)
	for i, j := 0, len(runes)-1; i < j; i, j = i+1, j-1 {
		runes[i], runes[j] = runes[j], runes[i]
	}
	return string(runes)
}
