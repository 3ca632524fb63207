package load

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"handoff/internal/stack"
)

// attack sends deliveries to a stack's endpoint.
type attack struct {
	stack  *stack.Stack
	vegeta string
	folder string
	long   time.Duration
	sent   int
}

// report is what vegeta says of an attack, in nanoseconds.
type report struct {
	Latencies struct {
		P50 time.Duration `json:"50th"`
		P99 time.Duration `json:"99th"`
		Max time.Duration `json:"max"`
	} `json:"latencies"`
	Rate       float64        `json:"rate"`
	Throughput float64        `json:"throughput"`
	Statuses   map[string]int `json:"status_codes"`
	Errors     []string       `json:"errors"`
}

// answers are the statuses that came, and how often.
func (r report) answers() string {
	var parts []string
	for _, status := range slices.Sorted(maps.Keys(r.Statuses)) {
		name := status
		if status == "0" {
			name = "none" // the connection failed
		}
		parts = append(parts, fmt.Sprintf("%s: %d", name, r.Statuses[status]))
	}
	return strings.Join(parts, ", ")
}

// run keeps a rate, every delivery a submission of its own.
func (a *attack) run(ctx context.Context, rate int) (row, error) {
	targets := filepath.Join(a.folder, "targets.json")
	if err := a.write(targets, int(float64(rate)*a.long.Seconds())+rate); err != nil {
		return row{}, err
	}
	// Connections that were idle for long and a heap that is cold are not what is measured.
	watched := Watch(ctx, a.stack.Starter.PID())
	defer watched.Stop()
	results := filepath.Join(a.folder, "results.bin")
	attack := exec.CommandContext(ctx, a.vegeta, "attack", "-format=json", "-targets="+targets, "-lazy", "-name=handoff",
		fmt.Sprintf("-rate=%d/1s", rate), "-duration="+a.long.String(), "-timeout=30s", "-max-connections=256", "-output="+results)
	if output, err := attack.CombinedOutput(); err != nil {
		return row{}, fmt.Errorf("send %d a second: %w\n%s", rate, err, output)
	}
	output, err := exec.CommandContext(ctx, a.vegeta, "report", "-type=json", results).Output()
	if err != nil {
		return row{}, fmt.Errorf("read vegeta's results: %w", err)
	}
	r := row{resident: watched.Stop()}
	if err := json.Unmarshal(output, &r.report); err != nil {
		return row{}, fmt.Errorf("read vegeta's report: %w", err)
	}
	return r, nil
}

// write signs n deliveries, in the form in which vegeta reads them.
func (a *attack) write(path string, n int) error {
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write the deliveries: %w", err)
	}
	defer file.Close()
	out := bufio.NewWriter(file)
	for range n {
		a.sent++
		delivery, err := a.stack.Sign("demo-request", fmt.Sprintf("load-%d-%d", a.stack.Starter.PID(), a.sent), map[string]any{
			"email": fmt.Sprintf("person%d@company%d.example", a.sent, a.sent/4), "firstname": "Load", "lastname": "Test",
			"company": fmt.Sprintf("Company %d", a.sent/4), "country": "DE", "marketing_opt_in": "yes", "lead_source": "enterprise_demo",
		})
		if err != nil {
			return err
		}
		line, err := json.Marshal(struct {
			Method string      `json:"method"`
			URL    string      `json:"url"`
			Header http.Header `json:"header"`
			Body   []byte      `json:"body"` // base64 in JSON
		}{http.MethodPost, delivery.URL, delivery.Header, delivery.Body})
		if err != nil {
			return fmt.Errorf("write the deliveries: %w", err)
		}
		if _, err := out.Write(append(bytes.TrimSpace(line), '\n')); err != nil {
			return fmt.Errorf("write the deliveries: %w", err)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write the deliveries: %w", err)
	}
	return nil
}
