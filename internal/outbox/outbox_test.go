package outbox_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"

	"handoff/internal/ledger"
	"handoff/internal/ledger/ledgertest"
	"handoff/internal/notify"
	"handoff/internal/outbox"
	"handoff/internal/seal"
	"handoff/internal/stacktest"
	"handoff/internal/submission"
)

func TestMain(m *testing.M) { stacktest.Main(m) }

// world is an outbox over a real ledger, whose clock the test sets, with channels that want every event.
type world struct {
	*outbox.Outbox
	ledger *ledger.Ledger
	db     *sqlx.DB // past the ledger
	told   *channels
	sender *outbox.Sender

	mu sync.Mutex
	at time.Time
}

func newWorld(t *testing.T, names ...string) *world {
	t.Helper()
	w := &world{told: &channels{names: names, fails: map[string]error{}}, at: time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)}
	dsn := ledgertest.Postgres(t)
	text, err := seal.NewKeys()
	require.NoError(t, err)
	keys, err := seal.LoadKeys(text)
	require.NoError(t, err)
	w.ledger, err = ledger.Open(t.Context(), dsn, keys, ledger.Options{MaxConns: 5, Now: w.now})
	require.NoError(t, err)
	t.Cleanup(func() { _ = w.ledger.Close() })
	w.db, err = sqlx.Connect("postgres", dsn)
	require.NoError(t, err)
	t.Cleanup(func() { _ = w.db.Close() })
	w.Outbox = outbox.New(w.ledger, func(notify.Event) []string { return names })
	w.sender = outbox.NewSender(w.ledger, w.told, slog.New(slog.DiscardHandler))
	return w
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

func (w *world) advance(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
}

// accept puts a submission into the ledger.
func (w *world) accept(t *testing.T, senderID string) submission.ID {
	t.Helper()
	accepted, err := w.ledger.Accept(t.Context(), ledger.Delivery{
		Submission: submission.Submission{
			ID: submission.NewID("site", senderID, ""), Source: "site", Form: "demo", SenderID: senderID, SubmittedAt: w.now(), ReceivedAt: w.now(),
		},
		Payload: submission.Payload{Answers: map[string]any{"name": "planted"}}, Raw: []byte("{}"), Via: "webhook",
	})
	require.NoError(t, err)
	return accepted.ID
}

// notify leaves a message about a submission.
func (w *world) notify(t *testing.T, event notify.Event, id submission.ID, correction string) map[string]string {
	t.Helper()
	outcomes, err := w.Notify(t.Context(), notify.Message{Event: event, Submission: string(id), Owner: "olga"}, correction)
	require.NoError(t, err)
	return outcomes
}

func (w *world) tell(t *testing.T, name string) int {
	t.Helper()
	n, err := w.sender.Tell(t.Context(), name)
	require.NoError(t, err)
	return n
}

// outcomes are what the ledger says of what is closed, in the order in which that was queued.
func (w *world) outcomes(t *testing.T) []string {
	t.Helper()
	var texts []string
	require.NoError(t, w.db.Select(&texts, `SELECT outcome FROM notifications WHERE sent_at IS NOT NULL ORDER BY id`))
	return texts
}

// channels keep what they are told, or fail.
type channels struct {
	names    []string
	personal string

	mu    sync.Mutex
	sent  []notify.Message
	fails map[string]error
}

func (c *channels) Names() []string           { return c.names }
func (c *channels) Personal(name string) bool { return name == c.personal }
func (c *channels) Send(_ context.Context, name string, m notify.Message) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sent = append(c.sent, m)
	return c.fails[name]
}

func (c *channels) all() []notify.Message {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.sent)
}

// TestAChannelIsToldOnce, however often the step is repeated, and with which answers only as its configuration says.
func TestAChannelIsToldOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sales")
	id := w.accept(t, "one")
	require.Equal(t, map[string]string{"sales": outbox.Queued}, w.notify(t, notify.Created, id, ""))
	require.Equal(t, map[string]string{"sales": outbox.Before}, w.notify(t, notify.Created, id, ""))
	require.Equal(t, 1, w.tell(t, "sales"))
	require.Equal(t, []notify.Message{{Event: notify.Created, Submission: string(id), Owner: "olga"}}, w.told.all())
	require.Equal(t, map[string]string{"sales": outbox.Before}, w.notify(t, notify.Created, id, ""))
	w.advance(time.Hour)
	require.Zero(t, w.tell(t, "sales"))
	require.Equal(t, []string{"sent"}, w.outcomes(t))
	require.Equal(t, map[string]string{"sales": outbox.Queued}, w.notify(t, notify.Review, id, ""), "another event")
}

// TestAPersonalChannelSeesTheAnswersAsTheyWereWritten: they are read when it is told, and lie nowhere else until then.
func TestAPersonalChannelSeesTheAnswersAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sales", "team")
	w.told.personal = "team"
	id := w.accept(t, "one")
	correction, err := w.ledger.AddCorrection(t.Context(), id, ledger.Correction{Answers: map[string]any{"name": "planted-2"}, By: "ana"})
	require.NoError(t, err)
	_, err = w.Notify(t.Context(), notify.Message{Event: notify.Review, Submission: string(id), Answers: map[string]any{"name": "planted"}}, "")
	require.NoError(t, err)
	w.notify(t, notify.Created, id, correction)
	var lying []string
	require.NoError(t, w.db.Select(&lying, `SELECT message::text FROM notifications`))
	require.Len(t, lying, 4)
	require.NotContains(t, fmt.Sprint(lying), "planted")

	require.Equal(t, 2, w.tell(t, "sales"))
	for _, m := range w.told.all() {
		require.Empty(t, m.Answers)
	}
	require.Equal(t, 2, w.tell(t, "team"))
	seen := map[notify.Event]any{}
	for _, m := range w.told.all()[2:] {
		seen[m.Event] = m.Answers["name"]
	}
	require.Equal(t, map[notify.Event]any{notify.Review: "planted", notify.Created: "planted-2"}, seen)

	_, err = w.db.Exec(`UPDATE submissions SET payload = 'x'`)
	require.NoError(t, err)
	w.notify(t, notify.Updated, id, "")
	require.Equal(t, 1, w.tell(t, "team"), "what cannot be opened is told of without answers")
	require.Empty(t, w.told.all()[4].Answers)
}

// TestAFailingChannelIsTriedAgain, more and more seldom, while the message is news.
func TestAFailingChannelIsTriedAgain(t *testing.T) {
	t.Parallel()
	for event, news := range map[notify.Event]time.Duration{notify.Created: time.Hour, notify.Review: 24 * time.Hour} {
		t.Run(string(event), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "sales")
			w.told.fails["sales"] = &notify.Error{Kind: notify.Transient, Code: "unavailable", Status: 503}
			w.notify(t, event, w.accept(t, "one"), "")
			began, waited := w.now(), []time.Duration(nil)
			last := began
			for w.now().Sub(began) < 2*news {
				if w.tell(t, "sales") == 1 {
					waited, last = append(waited, w.now().Sub(last)), w.now()
				}
				w.advance(5 * time.Second)
			}
			require.Equal(t, []time.Duration{
				0, 5 * time.Second, 10 * time.Second, 20 * time.Second, 40 * time.Second, 80 * time.Second, 160 * time.Second, 5 * time.Minute,
			}, waited[:8])
			require.Equal(t, 5*time.Minute, waited[len(waited)-1])
			require.Less(t, last.Sub(began), news)
			require.Greater(t, last.Sub(began), news-6*time.Minute)
			require.Equal(t, []string{"given up: unavailable"}, w.outcomes(t))
		})
	}
}

func TestWhatAChannelAnswersCounts(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		answer  error
		again   time.Duration // 0 for never
		outcome []string
	}{
		"taken":     {nil, 0, []string{"sent"}},
		"refused":   {&notify.Error{Kind: notify.Permanent, Code: "gone", Status: 410}, 0, []string{"refused: gone"}},
		"asks":      {&notify.Error{Kind: notify.Transient, Code: "unavailable", RetryAfter: 10 * time.Minute}, 10 * time.Minute, nil},
		"asks long": {&notify.Error{Kind: notify.Transient, Code: "unavailable", RetryAfter: 2 * time.Hour}, 0, []string{"given up: unavailable"}},
		"stumbles":  {io.ErrUnexpectedEOF, 5 * time.Second, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "sales")
			w.told.fails["sales"] = tc.answer
			w.notify(t, notify.Created, w.accept(t, "one"), "")
			require.Equal(t, 1, w.tell(t, "sales"))
			require.Equal(t, tc.outcome, w.outcomes(t))
			if tc.again > 0 {
				w.advance(tc.again - time.Second)
				require.Zero(t, w.tell(t, "sales"))
				w.advance(time.Second)
				require.Equal(t, 1, w.tell(t, "sales"))
			}
		})
	}
}

// TestAWorkerThatDiesLosesNoMessage: what it had taken is told by another one.
func TestAWorkerThatDiesLosesNoMessage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sales")
	w.notify(t, notify.Created, w.accept(t, "one"), "")
	taken, err := w.ledger.TakeNotices(t.Context(), "sales", 8, 30*time.Second) // and is killed
	require.NoError(t, err)
	require.Len(t, taken, 1)
	require.Zero(t, w.tell(t, "sales"), "it may be on its way")
	w.advance(30 * time.Second)
	require.Equal(t, 1, w.tell(t, "sales"))
	require.Equal(t, []string{"sent"}, w.outcomes(t))
}

// TestAnAlertIsTriedAgainSoon: a channel that fails at that moment does not silence a cause until its next time.
func TestAnAlertIsTriedAgainSoon(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "ops", "chat")
	alert := outbox.Alert{
		Causes: []string{"crm Auth expired"}, Rhythm: ledger.Rhythm{Every: 24 * time.Hour}, Source: "site",
		Problems: func(due []string) []string { return due },
	}
	raise := func() int {
		due, err := w.Alert(t.Context(), alert)
		require.NoError(t, err)
		return len(due)
	}
	w.told.fails["ops"] = &notify.Error{Kind: notify.Transient, Code: "not_sent"}
	require.Equal(t, 1, raise())
	require.Zero(t, raise())
	require.Equal(t, 1, w.tell(t, "ops"))
	delete(w.told.fails, "ops")
	w.advance(5 * time.Second)
	require.Equal(t, 1, w.tell(t, "ops"))
	require.Equal(t, 1, w.tell(t, "chat"))
	told := w.told.all()
	require.Len(t, told, 3)
	for _, m := range told {
		require.Equal(t, notify.Message{ID: told[0].ID, Event: notify.Alert, Source: "site", Problems: []string{"crm Auth expired"}}, m)
	}
	w.advance(24 * time.Hour)
	require.Equal(t, 1, raise())
	require.Equal(t, 1, w.tell(t, "chat"))
	require.NotEqual(t, told[0].ID, w.told.all()[3].ID, "a receiver that drops repetitions keeps the reminder")
}

// TestAHungChannelHoldsUpNoOther: one that never answers has its messages to itself.
func TestAHungChannelHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "hung", "sales")
	for i := range 20 {
		w.notify(t, notify.Review, w.accept(t, fmt.Sprint(i)), "")
	}
	answer := make(chan struct{})
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { outbox.NewSender(w.ledger, hung{w.told, answer}, slog.New(slog.DiscardHandler)).Run(ctx) })
	require.Eventually(t, func() bool { return len(w.told.all()) == 20 }, time.Minute, 10*time.Millisecond)
	stop()
	close(answer)
	running.Wait()
	var again int
	require.NoError(t, w.db.Get(&again, `SELECT count(*) FROM notifications WHERE sent_at IS NULL AND due_at > $1`, w.now()))
	require.Equal(t, 8, again, "those that were on their way are tried again")
}

// hung has one channel that does not answer.
type hung struct {
	*channels
	answer chan struct{}
}

func (h hung) Send(ctx context.Context, name string, m notify.Message) error {
	if name == "hung" {
		<-h.answer
		return &notify.Error{Kind: notify.Transient, Channel: name, Code: "timeout"}
	}
	return h.channels.Send(ctx, name, m)
}
