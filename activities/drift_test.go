package activities_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"handoff/activities"
	"handoff/internal/ledger"
	"handoff/internal/ledger/ledgertest"
	"handoff/internal/mapping"
	"handoff/internal/notify"
	"handoff/internal/outbox"
	"handoff/internal/seal"
	"handoff/internal/stacktest"
	"handoff/internal/telemetry"
)

func TestMain(m *testing.M) { stacktest.Main(m) }

// look is a look-out for drift over a real ledger, with a mapping of its own.
type look struct {
	*activities.Drift
	options  activities.DriftOptions
	ledger   *ledger.Ledger
	mapping  *mapping.Mapping
	told     *alerted
	sender   *outbox.Sender
	logs     bytes.Buffer
	registry *prometheus.Registry
	now      time.Time
}

const contact = `
mapping: contact
owner: marketing
forms: [contact, short]
sources: [site]
destination: crm
identity: email
consent: {basis: not-collected}
fields:
  - {from: email, to: contact.email, type: email, required: true}
  - {from: phone, to: contact.phone}
  - {from: [nickname, name], to: contact.name}
  - {from: context.campaign, to: contact.campaign}
objects:
  contact: {object: contact, key: [email]}
`

func newLook(t *testing.T) *look {
	t.Helper()
	dsn := ledgertest.Postgres(t)
	text, err := seal.NewKeys()
	require.NoError(t, err)
	keys, err := seal.LoadKeys(text)
	require.NoError(t, err)
	l := &look{told: &alerted{}, registry: prometheus.NewRegistry(), now: time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)}
	l.ledger, err = ledger.Open(t.Context(), dsn, keys, ledger.Options{MaxConns: 5, Now: func() time.Time { return l.now }})
	require.NoError(t, err)
	t.Cleanup(func() { l.ledger.Close() })
	l.mapping = parse(t, contact)
	l.options = activities.DriftOptions{
		Ledger: l.ledger, Notifier: outbox.New(l.ledger, func(notify.Event) []string { return l.told.Names() }), Metrics: telemetry.NewDrifts(l.registry),
		Logger: slog.New(slog.NewTextHandler(&l.logs, nil)), Now: func() time.Time { return l.now },
	}
	l.Drift = activities.NewDrift(l.options)
	l.sender = outbox.NewSender(l.ledger, l.told, l.options.Logger)
	return l
}

func parse(t *testing.T, text string) *mapping.Mapping {
	t.Helper()
	m, problems := mapping.Parse("contact.yaml", []byte(text))
	require.NoError(t, problems.Err())
	return m
}

// send maps a submission of a form that carries answers of these names.
func (l *look) send(t *testing.T, form string, names ...string) {
	t.Helper()
	in := mapping.Input{Source: "site", Form: form, Answers: map[string]any{"email": "ada@example.com"}}
	for _, name := range names {
		in.Answers[name] = "planted"
	}
	plan, problems := l.mapping.Apply(in)
	require.Empty(t, problems)
	l.Mapped(l.mapping, in, plan.Unmapped)
}

// answers are the drift that the ledger knows of, as kind and answer.
func (l *look) answers(t *testing.T) []string {
	t.Helper()
	require.NoError(t, l.Flush(t.Context()))
	found, err := l.ledger.Drift(t.Context(), time.Time{})
	require.NoError(t, err)
	var names []string
	for _, d := range found {
		names = append(names, fmt.Sprintf("%s %s %d", d.Kind, d.Answer, d.Count))
	}
	slices.Sort(names)
	return names
}

func (l *look) metric(t *testing.T, kind string) float64 {
	t.Helper()
	families, err := l.registry.Gather()
	require.NoError(t, err)
	for _, family := range families {
		for _, m := range family.GetMetric() {
			if m.GetLabel()[0].GetValue() == kind {
				require.Equal(t, "contact", m.GetLabel()[1].GetValue())
				return m.GetCounter().GetValue()
			}
		}
	}
	return 0
}

func TestAnswersThatNoRuleMentionsAreDrift(t *testing.T) {
	t.Parallel()
	l := newLook(t)
	l.send(t, "contact", "phone")
	require.Empty(t, l.answers(t))
	l.send(t, "contact", "phone", "budget", "team")
	l.send(t, "contact", "budget")
	require.Equal(t, []string{"unknown budget 2", "unknown team 1"}, l.answers(t))
	require.Equal(t, []string{"unknown budget 2", "unknown team 1"}, l.answers(t), "nothing is written twice")
	require.EqualValues(t, 2, l.metric(t, "unknown"))
}

// TestEachAnswerIsToldOnceADay holds that drift is told once a day per answer, by whichever worker, and that neither the
// message nor the log names the answer.
func TestEachAnswerIsToldOnceADay(t *testing.T) {
	t.Parallel()
	l := newLook(t)
	other := activities.NewDrift(l.options) // another worker
	for range 3 {
		l.send(t, "contact", "budget", "team")
		require.NoError(t, l.Flush(t.Context()))
	}
	other.Mapped(l.mapping, mapping.Input{Source: "site", Form: "contact", Answers: map[string]any{}}, []string{"budget"})
	require.NoError(t, other.Flush(t.Context()))
	require.Equal(t, [][]string{{"mapping contact: answers come that no rule mentions", "drift 1, 2 in the ledger's table drift"}}, l.alerts(t))

	l.send(t, "contact", "size")
	require.NoError(t, l.Flush(t.Context()))
	require.Len(t, l.alerts(t), 2, "a new one is told at once")
	l.now = l.now.Add(25 * time.Hour)
	l.send(t, "contact", "budget")
	require.NoError(t, l.Flush(t.Context()))
	require.Len(t, l.alerts(t), 3, "a day later it is told again")
	require.Contains(t, l.logs.String(), "a form and its mapping have come apart")
	for _, text := range []string{l.logs.String(), fmt.Sprint(l.alerts(t))} {
		for _, name := range []string{"budget", "team", "size", "planted"} {
			require.NotContains(t, text, name)
		}
	}
}

// TestMadeUpNamesAreBounded holds that a sender cannot fill memory or ledger with names.
func TestMadeUpNamesAreBounded(t *testing.T) {
	t.Parallel()
	l := newLook(t)
	for i := range 1000 {
		l.send(t, "contact", fmt.Sprintf("made-up-%d", i))
	}
	l.send(t, "contact", strings.Repeat("x", 201), "bad\xff", "nul\x00")
	require.Len(t, l.answers(t), 200)
	require.EqualValues(t, 1001, l.metric(t, "unknown"))
	require.Len(t, l.alerts(t), 1)
	require.Contains(t, l.alerts(t)[0][1], "and 180 more")
}

// usually sends n submissions, of which a share carry a phone.
func (l *look) usually(t *testing.T, n int, share float64) {
	t.Helper()
	for i := range n {
		if float64(i%10) < share*10 {
			l.send(t, "contact", "phone")
		} else {
			l.send(t, "contact")
		}
	}
}

func TestVanished(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		before int
		share  float64 // of those that carried the answer
		blanks int
		want   bool
	}{
		"always there, then gone":             {100, 1, 10, true},
		"always there, a few blanks":          {100, 1, 9, false},
		"mostly there, then gone":             {100, 0.8, 14, true},
		"mostly there, a few blanks":          {100, 0.8, 13, false},
		"half of them, then gone":             {100, 0.5, 31, true},
		"half of them, a long row of blanks":  {100, 0.5, 20, false},
		"optional: most people leave it out":  {100, 0.3, 500, false},
		"too little is known to say":          {20, 1, 500, false},
		"never there: an alternative, unused": {100, 0, 500, false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLook(t)
			l.usually(t, tc.before, tc.share)
			if tc.share > 0 {
				l.send(t, "contact", "phone")
			}
			for range tc.blanks {
				l.send(t, "contact")
			}
			found := l.answers(t)
			require.Equal(t, tc.want, slices.ContainsFunc(found, func(s string) bool { return strings.HasPrefix(s, "vanished phone") }), "%v", found)
			require.Equal(t, tc.want, l.metric(t, "vanished") > 0)
			require.Len(t, l.alerts(t), len(found), "told once")
		})
	}
}

func TestVanishedEndsWhenTheAnswerComesBack(t *testing.T) {
	t.Parallel()
	l := newLook(t)
	l.usually(t, 100, 1)
	for range 12 {
		l.send(t, "contact")
	}
	require.Equal(t, []string{"vanished phone 3"}, l.answers(t), "the tenth, the eleventh and the twelfth")
	require.Equal(t, "mapping contact: answers that used to come have stopped coming", l.alerts(t)[0][0])
	l.send(t, "contact", "phone")
	for range 9 {
		l.send(t, "contact")
	}
	require.Equal(t, []string{"vanished phone 3"}, l.answers(t))
}

// TestVanishedIsMeasuredByForm holds that a form that never asks is no reason to miss what another one asks, nor the other
// way round, and that it ends when nobody remembers that the answer came.
func TestVanishedIsMeasuredByForm(t *testing.T) {
	t.Parallel()
	l := newLook(t)
	l.usually(t, 100, 1)
	for range 100 {
		l.send(t, "short")
	}
	require.Empty(t, l.answers(t))
	for range 10 {
		l.send(t, "contact")
	}
	require.Equal(t, []string{"vanished phone 1"}, l.answers(t))
	l.now = l.now.AddDate(0, 0, 16)
	for range 10 {
		l.send(t, "contact")
	}
	require.Equal(t, []string{"vanished phone 1"}, l.answers(t), "what it used to be is two weeks ago")
}

// TestARestartForgetsNothing holds that a new worker knows what is usual.
func TestARestartForgetsNothing(t *testing.T) {
	t.Parallel()
	l := newLook(t)
	l.usually(t, 100, 1)
	require.Empty(t, l.answers(t))
	l.Drift = activities.NewDrift(l.options)
	require.NoError(t, l.Remember(t.Context()))
	for range 10 {
		l.send(t, "contact")
	}
	require.Equal(t, []string{"vanished phone 1"}, l.answers(t))
}

// TestAnAwayLedgerLosesNothing holds that what cannot be written is written later.
func TestAnAwayLedgerLosesNothing(t *testing.T) {
	t.Parallel()
	l := newLook(t)
	away := &awayLedger{DriftLedger: l.ledger, away: true}
	l.options.Ledger = away
	l.Drift = activities.NewDrift(l.options)
	for range 3 {
		l.send(t, "contact", "budget", "phone")
		require.Error(t, l.Flush(t.Context()))
	}
	away.away = false
	require.Equal(t, []string{"unknown budget 3"}, l.answers(t))
	counted, err := l.ledger.PresenceSince(t.Context(), l.now.AddDate(0, 0, -1))
	require.NoError(t, err)
	require.Contains(t, counted, ledger.Presence{
		Mapping: "contact", Source: "site", Form: "contact", Answer: "phone", Day: counted[0].Day, Carried: 3, Asked: 3,
	})
}

// TestRunWritesWhatIsNoticed holds that a new answer is written soon, and everything at the end.
func TestRunWritesWhatIsNoticed(t *testing.T) {
	t.Parallel()
	l := newLook(t)
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan struct{})
	go func() {
		defer close(ran)
		l.Run(ctx)
	}()
	l.send(t, "contact", "budget")
	cancel()
	<-ran
	found, err := l.ledger.Drift(t.Context(), time.Time{})
	require.NoError(t, err)
	require.Len(t, found, 1)
}

// alerted keeps the messages of one alert channel.
type alerted struct {
	mu   sync.Mutex
	sent [][]string
}

func (a *alerted) Names() []string      { return []string{"ops"} }
func (a *alerted) Personal(string) bool { return false }
func (a *alerted) Send(_ context.Context, _ string, m notify.Message) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sent = append(a.sent, m.Problems)
	return nil
}

// alerts are what the channel has been told, with what was left for it until now.
func (l *look) alerts(t *testing.T) [][]string {
	t.Helper()
	_, err := l.sender.Tell(t.Context(), "ops")
	require.NoError(t, err)
	l.told.mu.Lock()
	defer l.told.mu.Unlock()
	return slices.Clone(l.told.sent)
}

// awayLedger is away when it is told to be.
type awayLedger struct {
	activities.DriftLedger
	away bool
}

var errLedgerAway = errors.New("away")

func (l *awayLedger) AddPresence(ctx context.Context, added []ledger.Presence, before time.Time) error {
	if l.away {
		return errLedgerAway
	}
	return l.DriftLedger.AddPresence(ctx, added, before)
}
