package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"handoff/internal/crm/pacer"
	"handoff/internal/reload"
	"handoff/internal/temporal"
)

// status serves health, readiness and metrics. Health is the process only: were it tied to Temporal, an outage would
// become a storm of restarts.
func (p *program) status() *http.Server {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", p.metrics.Handler())
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, `{"alive":true}`) })
	mux.HandleFunc("GET /readyz", p.ready)
	return &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second}
}

// ready asks every dependency, and tells which versions serve. A refused version fails nothing: the one before it serves.
func (p *program) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	asks := map[string]func(context.Context) error{
		"ledger":   p.ledger.Ping,
		"temporal": func(ctx context.Context) error { return temporal.Healthy(ctx, p.temporal) },
	}
	answer := struct {
		Ready  bool                    `json:"ready"`
		Checks map[string]string       `json:"checks"`
		Reload map[string]reload.State `json:"reload"`
		// Destinations say what keeps requests from them. A CRM that is away does not make the worker unready.
		Destinations map[string]pacer.State `json:"destinations"`
	}{true, map[string]string{}, map[string]reload.State{}, map[string]pacer.State{}}
	var mu sync.Mutex
	var asked sync.WaitGroup
	for name, ask := range asks {
		asked.Go(func() {
			err := ask(ctx)
			mu.Lock()
			defer mu.Unlock()
			answer.Checks[name] = "ok"
			if err != nil {
				answer.Ready, answer.Checks[name] = false, err.Error()
			}
		})
	}
	asked.Wait()
	for _, state := range []reload.State{p.settings.State(), p.rules.State()} {
		answer.Reload[state.What] = state
	}
	for _, paced := range p.pacers {
		state := paced.State()
		answer.Destinations[state.Destination] = state
	}
	w.Header().Set("Content-Type", "application/json")
	if !answer.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(answer) // a reader that is gone needs no answer
}
