package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"handoff/internal/ledger"
	"handoff/internal/source"
	"handoff/internal/submission"
)

func newSourcesTest(env environ) *cobra.Command {
	var at string
	var real bool
	var patience time.Duration
	cmd := &cobra.Command{
		Use:   "test NAME",
		Short: "Send a signed sample through the real endpoint and follow it to its end",
		Long: `Send a sample, signed as the sender signs, through the real endpoint, and follow it to its end.

The sample is marked as a test in what is signed. It is stored as discarded and reaches no CRM, unless the source says
test_submissions: allow. With --real it is a submission like any other: a person called Ada Sample will be in the CRM.`,
		Example: "  handoff sources test website",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, s, err := env.open(args[0])
			if err != nil {
				return err
			}
			if at == "" {
				at = c.Public.URL
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), patience)
			defer cancel()
			out := cmd.OutOrStdout()
			r := s.Sample("/hooks/"+s.Name, time.Now(), !real)
			item, err := only(s, r)
			if err != nil {
				return err
			}
			id := item.Submission.ID
			fmt.Fprintf(out, "%s: %s, form %s, submission %s\n", s.Name, source.Proof(c.Sources[s.Name]), item.Submission.Form, id)
			status, answer, err := post(ctx, strings.TrimSuffix(at, "/")+r.URI, r)
			if err != nil {
				return fmt.Errorf("reach the endpoint at %s: is the starter running there? %w", at, err)
			}
			fmt.Fprintf(out, "answered %d %s\n", status, http.StatusText(status))
			if status >= http.StatusBadRequest {
				return fmt.Errorf("the endpoint refuses the sample: %s", answer)
			}
			a, err := newAdmin()
			if err != nil {
				fmt.Fprintf(out, "It is stored. To follow it: %s.\n", err)
				return nil
			}
			return follow(ctx, out, a, id)
		},
	}
	cmd.Flags().StringVar(&at, "url", "", "where the endpoint is; public.url of the configuration when not given")
	cmd.Flags().BoolVar(&real, "real", false, "send it as a submission like any other, into the CRM")
	cmd.Flags().DurationVar(&patience, "wait", time.Minute, "how long to follow it")
	return cmd
}

// only is the one submission of a sample.
func only(s *source.Source, r source.Request) (source.Item, error) {
	if err := s.Verify(r); err != nil {
		return source.Item{}, fmt.Errorf("source %s cannot be signed for here, only by its sender: %w", s.Name, err)
	}
	reading := s.Read(r)
	if len(reading.Submissions) != 1 {
		return source.Item{}, fmt.Errorf("source %s takes no event of which a sample could be made", s.Name)
	}
	return reading.Submissions[0], nil
}

// post sends a request. What is refused is told by the problem's detail, which quotes nothing.
func post(ctx context.Context, address string, r source.Request) (status int, detail string, err error) {
	request, err := http.NewRequestWithContext(ctx, r.Method, address, bytes.NewReader(r.Body))
	if err != nil {
		return 0, "", err
	}
	request.Header = r.Header
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	if err != nil {
		return 0, "", withoutURL(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	if err != nil {
		return 0, "", fmt.Errorf("read the answer: %w", err)
	}
	var problem struct {
		Detail string `json:"detail"`
	}
	_ = json.Unmarshal(body, &problem) // an answer that is no problem has no detail
	return response.StatusCode, problem.Detail, nil
}

// follow asks where the submission is until it has ended or needs a person, and tells every change.
func follow(ctx context.Context, out io.Writer, a admin, id submission.ID) error {
	ticker := time.NewTicker(200 * time.Millisecond)
	defer ticker.Stop()
	told := ""
	for {
		view, err := view(ctx, a, id)
		if err != nil {
			return err
		}
		if text := stageText(view); text != told {
			told = text
			fmt.Fprintln(out, text)
		}
		if view.Stage == submission.StageDone || view.Stage == submission.StageReview {
			fmt.Fprintf(out, "All of it: handoff show %s\n", id)
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("it is still at stage %s; see what becomes of it with: handoff show %s", view.Stage, id)
		case <-ticker.C:
		}
	}
}

func view(ctx context.Context, a admin, id submission.ID) (ledger.View, error) {
	answer, err := a.call(ctx, http.MethodGet, "/api/submissions/"+string(id), nil)
	if err != nil {
		return ledger.View{}, err
	}
	var v ledger.View
	if err := json.Unmarshal(answer, &v); err != nil {
		return ledger.View{}, fmt.Errorf("read the starter's answer: %w", err)
	}
	return v, nil
}

// stageText is where a submission is, for a person.
func stageText(v ledger.View) string {
	switch {
	case v.Stage == submission.StageDone && v.Disposition == submission.Discarded && v.Mapping == "":
		return "done: discarded, because it is a test"
	case v.Stage == submission.StageDone:
		return "done: " + string(v.Disposition)
	case v.Stage == submission.StageReview && v.Review != nil:
		text := fmt.Sprintf("in review: %s %s at step %s", v.Review.Kind, v.Review.Code, v.Review.Step)
		for _, problem := range v.Review.Problems {
			text += fmt.Sprintf("\n  %s %s %s", problem.Field, problem.Code, problem.Expect)
		}
		return text
	}
	return "at stage " + string(v.Stage)
}

// withoutURL is an error of a request without its URL, which may hold the secret.
func withoutURL(err error) error {
	var failed *url.Error
	if errors.As(err, &failed) {
		return failed.Err
	}
	return err
}
