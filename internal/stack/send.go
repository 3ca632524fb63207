package stack

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"handoff/internal/devstack"
	"handoff/internal/ledger"
	"handoff/internal/submission"
)

// Delivery is one signed request to the source `website`.
type Delivery struct {
	URL    string
	Header http.Header
	Body   []byte
}

// Sign makes a delivery of answers to a form, as the website's form builder would send it.
func (s *Stack) Sign(form, senderID string, answers map[string]any) (Delivery, error) {
	body, err := json.Marshal(map[string]any{
		"type": "form.submitted",
		"data": map[string]any{
			"id": senderID, "form": form, "submitted_at": time.Now().UTC().Format(time.RFC3339Nano), "answers": answers,
		},
	})
	if err != nil {
		return Delivery{}, fmt.Errorf("encode the delivery: %w", err)
	}
	return s.SignBody(body)
}

// SampleLead is a signed lead for the stack of a folder, which may be running in another program.
func SampleLead(folder devstack.Folder, publicURL string, now time.Time) (Delivery, error) {
	s := &Stack{Options: Options{Folder: folder}, PublicURL: publicURL}
	if err := s.loadSecrets(); err != nil {
		return Delivery{}, err
	}
	run := now.UTC().Format("20060102-150405.000")
	delivery, err := s.Sign("demo-request", "lead-"+run, demoRequest(s.asNew(tomas, "tomas", run)))
	if err == nil {
		delivery.Header.Set("Prefer", "wait=10")
	}
	return delivery, err
}

// SignBody signs a body as it is.
func (s *Stack) SignBody(body []byte) (Delivery, error) {
	webhook, err := standardwebhooks.NewWebhook(s.secrets.website)
	if err != nil {
		return Delivery{}, fmt.Errorf("sign the delivery: %w", err)
	}
	id, now := "msg_"+strings.ToLower(rand.Text()), time.Now()
	signature, err := webhook.Sign(id, now, body)
	if err != nil {
		return Delivery{}, fmt.Errorf("sign the delivery: %w", err)
	}
	header := http.Header{}
	header.Set("Content-Type", "application/json")
	header.Set(standardwebhooks.HeaderWebhookID, id)
	header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	return Delivery{URL: s.PublicURL + "/hooks/website", Header: header, Body: body}, nil
}

// SignPortal makes a delivery of the partner portal, whose scheme is described in handoff.yaml.
func (s *Stack) SignPortal(body []byte) Delivery {
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(s.secrets.portal))
	mac.Write([]byte(stamp + "."))
	mac.Write(body)
	header := http.Header{}
	header.Set("Content-Type", "application/json")
	header.Set("X-Portal-Timestamp", stamp)
	header.Set("X-Portal-Signature", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	return Delivery{URL: s.PublicURL + "/hooks/partner-portal", Header: header, Body: body}
}

// Curl is the delivery as a line for a shell.
func (d Delivery) Curl() string {
	var b strings.Builder
	b.WriteString("curl -sS")
	for _, name := range []string{"Content-Type", standardwebhooks.HeaderWebhookID, standardwebhooks.HeaderWebhookTimestamp, standardwebhooks.HeaderWebhookSignature, "Prefer"} {
		if value := d.Header.Get(name); value != "" {
			fmt.Fprintf(&b, " -H '%s: %s'", strings.ToLower(name), value)
		}
	}
	fmt.Fprintf(&b, " --data-raw %s %s", quoted(string(d.Body)), d.URL)
	return b.String()
}

// Receipt is what the endpoint answered.
type Receipt struct {
	Status      int
	Submission  submission.ID          `json:"submission"`
	StatusURL   string                 `json:"status_url"`
	Duplicate   bool                   `json:"duplicate"`
	Stage       submission.Stage       `json:"stage"`
	Disposition submission.Disposition `json:"disposition"`
	Detail      string                 `json:"detail"` // of a problem
}

// Send sends a delivery, preferring to wait up to so many seconds for the disposition.
func (s *Stack) Send(ctx context.Context, d Delivery, wait time.Duration) (Receipt, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, d.URL, bytes.NewReader(d.Body))
	if err != nil {
		return Receipt{}, fmt.Errorf("make the request: %w", err)
	}
	request.Header = d.Header.Clone()
	if wait > 0 {
		request.Header.Set("Prefer", fmt.Sprintf("wait=%d", int(wait.Seconds())))
	}
	var receipt Receipt
	receipt.Status, err = do(request, &receipt)
	return receipt, err
}

// View asks the admin API about a submission.
func (s *Stack) View(ctx context.Context, id submission.ID) (ledger.View, error) {
	var view ledger.View
	status, err := s.admin(ctx, http.MethodGet, "/api/submissions/"+string(id), nil, &view)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("view %s: status %d", id, status)
	}
	return view, err
}

// Correct stores a correction and resolves the submission with it.
func (s *Stack) Correct(ctx context.Context, id submission.ID, answers map[string]any) error {
	var added struct {
		Correction string `json:"correction"`
	}
	path := "/api/submissions/" + string(id)
	status, err := s.admin(ctx, http.MethodPost, path+"/corrections", ledger.Correction{Answers: answers, By: "demo"}, &added)
	if err != nil || status != http.StatusCreated {
		return fmt.Errorf("correct %s: status %d: %w", id, status, err)
	}
	return s.Resolve(ctx, id, submission.Resolution{Action: submission.ActionCorrect, Correction: added.Correction, By: "demo"})
}

// Resolve passes a decision about a submission in review to the admin API.
func (s *Stack) Resolve(ctx context.Context, id submission.ID, r submission.Resolution) error {
	var answer struct {
		Detail string `json:"detail"`
	}
	status, err := s.admin(ctx, http.MethodPost, "/api/submissions/"+string(id)+"/resolve", r, &answer)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("resolve %s: status %d: %s", id, status, answer.Detail)
	}
	return err
}

func (s *Stack) admin(ctx context.Context, method, path string, body, into any) (int, error) {
	var reader io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return 0, fmt.Errorf("encode the request: %w", err)
		}
		reader = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(ctx, method, s.AdminURL+path, reader)
	if err != nil {
		return 0, fmt.Errorf("make the request: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+s.Token)
	return do(request, into)
}

func do(request *http.Request, into any) (int, error) {
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, fmt.Errorf("%s %s: %w", request.Method, request.URL.Path, err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		return response.StatusCode, fmt.Errorf("%s %s: status %d: read the answer: %w", request.Method, request.URL.Path, response.StatusCode, err)
	}
	return response.StatusCode, nil
}

// Await looks at a submission until it has ended or needs a person.
func (s *Stack) Await(ctx context.Context, id submission.ID) (ledger.View, error) {
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		view, err := s.View(ctx, id)
		if err == nil && (view.Stage == submission.StageDone || view.Stage == submission.StageReview) {
			return view, nil
		}
		select {
		case <-ctx.Done():
			return view, fmt.Errorf("wait for %s, which is at stage %s: %w", id, view.Stage, ctx.Err())
		case <-ticker.C:
		}
	}
}
