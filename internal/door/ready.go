package door

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"handoff/internal/reload"
)

// ready asks every dependency and names the ones that are missing. It also tells which versions of watched files serve; a
// refused one fails nothing, because the one before it serves.
func (d *Door) ready(c *gin.Context) {
	ctx, cancel := context.WithTimeout(c.Request.Context(), 2*time.Second)
	defer cancel()
	answers := make([]error, len(d.Checks))
	var asked sync.WaitGroup
	for i, check := range d.Checks {
		asked.Go(func() { answers[i] = check.Ask(ctx) })
	}
	asked.Wait()
	status, checks := http.StatusOK, gin.H{}
	for i, check := range d.Checks {
		checks[check.Name] = "ok"
		if answers[i] != nil {
			status, checks[check.Name] = http.StatusServiceUnavailable, answers[i].Error()
		}
	}
	answer := gin.H{"ready": status == http.StatusOK, "checks": checks}
	if d.Reloads != nil {
		states := map[string]reload.State{}
		for _, state := range d.Reloads() {
			states[state.What] = state
		}
		answer["reload"] = states
	}
	c.JSON(status, answer)
}
