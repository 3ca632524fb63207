package stack

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"handoff/internal/devstack"
	"handoff/internal/sandbox"
)

// Sandbox is the program `sandbox`, which answers like HubSpot and Salesforce and fails on command, as a process of the stack.
type Sandbox struct {
	*devstack.Process
	URL string // a page for people, and the address of the vendors' APIs
}

// SandboxCall is one request that a vendor's stand-in was sent.
type SandboxCall struct {
	At     time.Time `json:"at"`
	Method string    `json:"method"`
	Path   string    `json:"path"`
	Status int       `json:"status"`
	Items  int       `json:"items"` // records in a batch
}

// startSandbox starts the sandbox. A search index that is five seconds late is as the vendor's is.
func (s *Stack) startSandbox(ctx context.Context) error {
	s.say("Starting the sandbox on port %d", s.Ports.Sandbox)
	address := "127.0.0.1:" + strconv.Itoa(s.Ports.Sandbox)
	process, err := devstack.StartProcess(devstack.Spec{
		Name: "sandbox", Path: s.Folder.Bin("sandbox"), Args: []string{"--listen", address}, LogFile: s.Folder.Log("sandbox"),
	})
	if err != nil {
		return err
	}
	s.Sandbox = &Sandbox{Process: process, URL: "http://" + address}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return devstack.AwaitHTTP(ctx, process, s.Sandbox.URL)
}

// Command commands the sandbox by its control endpoint.
func (b *Sandbox) Command(ctx context.Context, method, path string, body any) error {
	return b.ask(ctx, method, "/_sandbox/"+path, "", body, nil)
}

// Fault turns a fault on.
func (b *Sandbox) Fault(ctx context.Context, fault sandbox.Fault) error {
	return b.Command(ctx, http.MethodPost, "faults", fault)
}

// Calls lists what a vendor was asked.
func (b *Sandbox) Calls(ctx context.Context, vendor CRM) (calls []SandboxCall, err error) {
	return calls, b.ask(ctx, http.MethodGet, "/_sandbox/"+string(vendor)+"/calls", "", nil, &calls)
}

// Records lists what a vendor has of an object.
func (b *Sandbox) Records(ctx context.Context, vendor CRM, object string) (records []map[string]any, err error) {
	return records, b.ask(ctx, http.MethodGet, "/_sandbox/"+string(vendor)+"/records/"+object, "", nil, &records)
}

// API calls a vendor's API as another of its users does.
func (b *Sandbox) API(ctx context.Context, token, method, path string, body, into any) error {
	return b.ask(ctx, method, path, token, body, into)
}

// ask makes one request. An answer that is no success is an error.
func (b *Sandbox) ask(ctx context.Context, method, path, token string, body, into any) error {
	encoded, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode the request: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, method, b.URL+path, bytes.NewReader(encoded))
	if err != nil {
		return fmt.Errorf("make the request: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("ask the sandbox: %w", err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("ask the sandbox: %w", err)
	}
	if response.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("ask the sandbox: %s %s: status %d: %s", method, request.URL.Path, response.StatusCode, answer)
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("read what the sandbox says: %w", err)
	}
	return nil
}
