package door_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/door"
	"handoff/internal/ledger"
	"handoff/internal/submission"
	"handoff/internal/temporal"
)

func TestAdminAPIWantsTheToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.Equal(t, http.StatusAccepted, w.deliver(t, "1").Status)
	one := "/api/submissions/" + string(idOf("1"))
	for name, header := range map[string]string{
		"none": "", "wrong": "Bearer wrong", "prefix": "Bearer " + token[:5], "longer": "Bearer " + token + "x", "other scheme": "Basic " + token,
		"no scheme": token, "nothing after it": "Bearer ",
	} {
		for _, call := range [][2]string{{"GET", one}, {"POST", one + "/corrections"}, {"POST", one + "/resolve"}, {"GET", "/api/submissions/nonsense"}} {
			a := w.ask(t, call[0], call[1], "{}", func(r *http.Request) { r.Header.Set("Authorization", header) })
			require.Equal(t, http.StatusUnauthorized, a.Status, "%s: %v", name, call)
			require.Equal(t, "Bearer", a.Header.Get("WWW-Authenticate"))
			require.Equal(t, "application/problem+json", a.Header.Get("Content-Type"))
			require.NotContains(t, a.Body, string(idOf("1")))
		}
	}
	a := w.ask(t, http.MethodGet, one, "", func(r *http.Request) { r.Header.Set("Authorization", "bearer "+token) })
	require.Equal(t, http.StatusOK, a.Status, "the scheme's name has no case")
}

// Ensure that a door without a token is locked, not open.
func TestNoTokenOpensNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *door.Options) { o.AdminToken = "" })
	for _, header := range []string{"Bearer ", "Bearer", ""} {
		a := w.ask(t, http.MethodGet, "/api/submissions/"+string(idOf("1")), "", func(r *http.Request) { r.Header.Set("Authorization", header) })
		require.Equal(t, http.StatusUnauthorized, a.Status)
	}
}

// Ensure everything that explains a submission is shown, and no answer and no id of the sender (I3).
func TestSubmissionShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, id := t.Context(), idOf("sender-"+planted)
	require.Equal(t, http.StatusAccepted, w.deliver(t, "sender-"+planted).Status)
	require.Equal(t, http.StatusOK, w.deliver(t, "sender-"+planted).Status)
	require.NoError(t, w.ledger.RecordWrites(ctx, id,
		[]ledger.WriteRecord{{Destination: "crm", Object: "contacts", RecordID: "c-1", Outcome: crm.Created, Fields: []string{"email"}}},
		[]ledger.CallRecord{{Step: submission.StepUpsert, Destination: "crm", Attempt: 3, Kind: "Transient",
			Call: crm.Call{Operation: "upsert", Started: w.clock.Now(), Status: 503, RequestID: "r-1", Request: []byte(planted), Response: []byte(planted)}}}))
	require.NoError(t, w.ledger.OpenReview(ctx, id, ledger.Review{Step: submission.StepUpsert, Kind: "Invalid", Code: "bad_email",
		Problems: []submission.Problem{{Field: "email", Code: "email"}}}))

	a := w.ask(t, http.MethodGet, "/api/submissions/"+string(id), "")
	require.Equal(t, http.StatusOK, a.Status, a.Body)
	view := decoded[ledger.View](t, a)
	require.Equal(t, 2, view.Events)
	require.Equal(t, submission.StageReview, view.Stage)
	require.Equal(t, "c-1", view.Records[0].RecordID)
	require.Equal(t, 3, view.Calls[0].Attempt)
	require.Equal(t, "r-1", view.Calls[0].RequestID)
	require.Equal(t, []submission.Problem{{Field: "email", Code: "email"}}, view.Review.Problems)
	require.NotContains(t, a.Body, "planted")

	require.Equal(t, http.StatusNotFound, w.ask(t, http.MethodGet, "/api/submissions/"+string(idOf("none")), "").Status)
	for _, text := range []string{"planted", "sub_planted", "sub_" + strings.Repeat("A", 26)} {
		a := w.ask(t, http.MethodGet, "/api/submissions/"+text, "")
		require.Equal(t, http.StatusBadRequest, a.Status)
		require.NotContains(t, a.Body, "planted")
	}
}

// Ensure a correction is sealed, counts from then on, and leaves none of its values in an answer or a log (I3).
func TestCorrections(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.Equal(t, http.StatusAccepted, w.deliver(t, "1").Status)
	path := "/api/submissions/" + string(idOf("1")) + "/corrections"
	require.Equal(t, http.StatusConflict, w.ask(t, http.MethodPost, path, `{"unset":["id"],"by":"grace"}`).Status, "nothing to correct yet")
	require.NoError(t, w.ledger.OpenReview(t.Context(), idOf("1"), ledger.Review{Step: submission.StepValidate, Kind: "Invalid", Code: "type.email"}))
	a := w.ask(t, http.MethodPost, path, `{"answers":{"email":"planted-new@example.com","employees":12345678901234567890},"unset":["id"],"by":"grace"}`)
	require.Equal(t, http.StatusCreated, a.Status, a.Body)
	added := decoded[struct{ Correction string }](t, a).Correction
	loaded, err := w.ledger.Load(t.Context(), idOf("1"), added)
	require.NoError(t, err)
	require.Equal(t, "planted-new@example.com", loaded.Payload.Answers["email"])
	require.Equal(t, "12345678901234567890", fmt.Sprint(loaded.Payload.Answers["employees"]))
	require.NotContains(t, loaded.Payload.Answers, "id")
	require.NotContains(t, a.Body, "planted")

	none := "/api/submissions/" + string(idOf("none")) + "/corrections"
	for name, tc := range map[string]struct {
		path, body string
		status     int
	}{
		"no JSON":       {path, `{"planted`, 400},
		"nothing in it": {path, `{"by":"grace"}`, 400},
		"by nobody":     {path, `{"answers":{"planted":"planted"}}`, 400},
		"key not known": {path, `{"planted":{"email":"planted"},"by":"grace"}`, 400},
		"wrong shape":   {path, `{"answers":["planted"],"by":"grace"}`, 400},
		"two values":    {path, `{"unset":["planted"],"by":"grace"}{}`, 400},
		"too large":     {path, `{"answers":{"a":"` + strings.Repeat("planted", 50000) + `"},"by":"grace"}`, 413},
		"no submission": {none, `{"unset":["planted"],"by":"grace"}`, 404},
	} {
		a := w.ask(t, http.MethodPost, tc.path, tc.body)
		require.Equal(t, tc.status, a.Status, "%s: %s", name, a.Body)
		require.Equal(t, "application/problem+json", a.Header.Get("Content-Type"), name)
		require.NotContains(t, a.Body, "planted", name)
	}
	require.NotContains(t, w.logs.String(), "planted")
}

func TestResolutions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := "/api/submissions/" + string(idOf("1")) + "/resolve"
	for name, tc := range map[string]struct {
		err    error
		status int
	}{
		"accepted":    {nil, 200},
		"refused":     {fmt.Errorf("%w: not in review", temporal.ErrRefused), 409},
		"no workflow": {temporal.ErrNoWorkflow, 404},
		"no answer":   {errors.New("unavailable"), 503},
	} {
		var got submission.Resolution
		w.workflows.resolve = func(id submission.ID, r submission.Resolution) (submission.Status, error) {
			require.Equal(t, idOf("1"), id)
			got = r
			return submission.Status{Submission: id, Stage: submission.StageProcessing}, tc.err
		}
		a := w.ask(t, http.MethodPost, path, `{"action":"correct","correction":"cor_1","by":"grace"}`)
		require.Equal(t, tc.status, a.Status, name)
		require.Equal(t, submission.Resolution{Action: submission.ActionCorrect, Correction: "cor_1", By: "grace"}, got)
	}
	w.workflows.resolve = nil
	for _, body := range []string{`{"action":"retry"}`, `{"action":"retry","by":"grace","answers":{}}`, "", "[]"} {
		require.Equal(t, http.StatusBadRequest, w.ask(t, http.MethodPost, path, body).Status, body)
	}
}

func TestReadinessNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *door.Options) {
		o.Checks = append(o.Checks,
			door.Check{Name: "temporal", Ask: func(context.Context) error { return errAway }},
			door.Check{Name: "search attributes", Ask: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }})
	})
	a := w.ask(t, http.MethodGet, "/readyz", "", func(r *http.Request) { r.Header.Del("Authorization") })
	require.Equal(t, http.StatusServiceUnavailable, a.Status)
	require.JSONEq(t, `{"ready":false,"checks":{"ledger":"ok","temporal":"temporal is away","search attributes":"context deadline exceeded"}}`, a.Body)
	require.Equal(t, http.StatusOK, w.ask(t, http.MethodGet, "/healthz", "").Status, "alive all the same")
}

func TestReady(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.ask(t, http.MethodGet, "/readyz", "")
	require.Equal(t, http.StatusOK, a.Status)
	require.JSONEq(t, `{"ready":true,"checks":{"ledger":"ok"}}`, a.Body)
	require.Equal(t, http.StatusMethodNotAllowed, w.ask(t, http.MethodPost, "/readyz", "").Status)
	require.Equal(t, http.StatusNotFound, w.ask(t, http.MethodGet, "/hooks/site", "").Status, "deliveries have their own listener")
	require.Equal(t, http.StatusNotFound, send(t, signed(t, w.public.URL, "..", "")).Status)
}
