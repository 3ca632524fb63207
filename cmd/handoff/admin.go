package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/user"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"handoff/internal/config"
	"handoff/internal/ledger"
	"handoff/internal/submission"
)

// admin calls the starter's admin API.
type admin struct{ url, token string }

func newAdmin() (admin, error) {
	a := admin{url: os.Getenv("HANDOFF_ADMIN_URL"), token: os.Getenv("HANDOFF_ADMIN_TOKEN")}
	if a.url == "" {
		a.url = "http://127.0.0.1:8081"
	}
	if file := os.Getenv("HANDOFF_ADMIN_TOKEN_FILE"); a.token == "" && file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return a, fmt.Errorf("HANDOFF_ADMIN_TOKEN_FILE: %w", err)
		}
		a.token = strings.TrimSpace(string(text))
	}
	if a.token == "" && os.Getenv("HANDOFF_ADMIN_TOKEN_FROM") != "" {
		managed, err := config.AdminToken(os.Environ())
		if err != nil {
			return a, err
		}
		a.token = managed.Reveal()
	}
	if a.token == "" {
		return a, errors.New("set HANDOFF_ADMIN_TOKEN, HANDOFF_ADMIN_TOKEN_FILE or HANDOFF_ADMIN_TOKEN_FROM to the admin token, and HANDOFF_ADMIN_URL to the starter's admin address")
	}
	return a, nil
}

func (a admin) call(ctx context.Context, method, path string, body any) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	encoded, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("encode the request: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, method, a.url+path, bytes.NewReader(encoded))
	if err != nil {
		return nil, fmt.Errorf("HANDOFF_ADMIN_URL: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+a.token)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("reach the starter's admin API: %w", err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, fmt.Errorf("read the starter's answer: %w", err)
	}
	if response.StatusCode >= http.StatusBadRequest {
		var p struct {
			Detail string `json:"detail"`
		}
		_ = json.Unmarshal(answer, &p) // an answer that is no problem has no detail
		return nil, fmt.Errorf("the starter answers %s: %s", response.Status, p.Detail)
	}
	return answer, nil
}

func operator() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return ""
}

func parseID(args []string) (submission.ID, error) { return submission.ParseID(args[0]) }

func newSubmissions() *cobra.Command {
	return &cobra.Command{
		Use: "show SUBMISSION", Short: "Show where a submission is: stage, steps, attempts, records, review; never its answers",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := parseID(args)
			if err != nil {
				return err
			}
			a, err := newAdmin()
			if err != nil {
				return err
			}
			answer, err := a.call(cmd.Context(), http.MethodGet, "/api/submissions/"+string(id), nil)
			if err != nil {
				return err
			}
			return printJSON(cmd.OutOrStdout(), answer)
		},
	}
}

func printJSON(w io.Writer, raw []byte) error {
	var b bytes.Buffer
	if err := json.Indent(&b, raw, "", "  "); err != nil {
		return fmt.Errorf("read the starter's answer: %w", err)
	}
	_, err := fmt.Fprintln(w, b.String())
	return err
}

func newCorrect() *cobra.Command {
	var set, unset []string
	var by string
	cmd := &cobra.Command{
		Use:     "correct SUBMISSION --set FIELD=VALUE… [--unset FIELD…]",
		Short:   "Correct answers of a submission in review and try it again; the values are sealed in the ledger",
		Example: "  handoff correct sub_… --set email=jo@example.com --by ana",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := parseID(args)
			if err != nil {
				return err
			}
			if len(set)+len(unset) == 0 {
				return errors.New("name at least one field with --set or --unset")
			}
			correction := ledger.Correction{Answers: map[string]any{}, Unset: unset, By: by}
			for _, pair := range set {
				field, value, ok := strings.Cut(pair, "=")
				if !ok || field == "" {
					return errors.New("--set wants FIELD=VALUE")
				}
				correction.Answers[field] = value
			}
			a, err := newAdmin()
			if err != nil {
				return err
			}
			answer, err := a.call(cmd.Context(), http.MethodPost, "/api/submissions/"+string(id)+"/corrections", correction)
			if err != nil {
				return err
			}
			var added struct {
				Correction string `json:"correction"`
			}
			if err := json.Unmarshal(answer, &added); err != nil {
				return fmt.Errorf("read the starter's answer: %w", err)
			}
			return resolve(cmd, a, id, submission.Resolution{Action: submission.ActionCorrect, Correction: added.Correction, By: by})
		},
	}
	cmd.Flags().StringArrayVar(&set, "set", nil, "FIELD=VALUE: the answer that counts from now on; once per field")
	cmd.Flags().StringSliceVar(&unset, "unset", nil, "FIELD: take the answer away")
	cmd.Flags().StringVar(&by, "by", operator(), "who corrects")
	return cmd
}

func newResolve() *cobra.Command {
	var by string
	cmd := &cobra.Command{
		Use:   "resolve SUBMISSION retry|discard",
		Short: "Decide about a submission in review: try it again, or discard it",
		Args:  cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := parseID(args)
			if err != nil {
				return err
			}
			a, err := newAdmin()
			if err != nil {
				return err
			}
			return resolve(cmd, a, id, submission.Resolution{Action: submission.Action(args[1]), By: by})
		},
	}
	cmd.Flags().StringVar(&by, "by", operator(), "who decides")
	return cmd
}

func resolve(cmd *cobra.Command, a admin, id submission.ID, r submission.Resolution) error {
	if _, err := a.call(cmd.Context(), http.MethodPost, "/api/submissions/"+string(id)+"/resolve", r); err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%s: %s. See what became of it with: handoff show %s\n", id, r.Action, id)
	return nil
}
