package ledger_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"handoff/internal/ledger"
	"handoff/internal/submission"
)

const window = 10 * time.Minute

func claimOf(answers string) ledger.Claim {
	return ledger.Claim{Form: "demo-request", Person: []byte("person-ada"), Answers: []byte("answers-" + answers), Window: window}
}

func (w *world) claim(t require.TestingT, id submission.ID, c ledger.Claim) submission.ID {
	first, err := w.ClaimAnswers(context.Background(), id, c)
	require.NoError(t, err)
	return first
}

// A double click: the same person gives the same answers twice, by two submissions of the sender.
func TestOneOfManyConcurrentClaimsIsFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const n = 30
	ids := make([]submission.ID, n)
	for i := range ids {
		ids[i] = w.accept(t, fmt.Sprintf("form-%d", i), receivedAt(noon.Add(time.Duration(i)*time.Millisecond)))
	}
	firsts := together(t, n, func(ctx context.Context, i int) (submission.ID, error) {
		return w.ClaimAnswers(ctx, ids[i], claimOf("A"))
	})
	winners := 0
	for i, first := range firsts {
		require.Equal(t, firsts[0], first, "all agree on who was first")
		if first == ids[i] {
			winners++
		}
	}
	require.Equal(t, 1, winners)
	for i, id := range ids {
		require.Equal(t, firsts[i], w.claim(t, id, claimOf("A")), "asking again gives the same answer")
	}
}

func TestClaimsAreDuplicatesOnlyWithinTheWindowOfTheFirst(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		after     time.Duration
		duplicate bool
	}{
		"at once":              {0, true},
		"just inside":          {window - time.Second, true},
		"just outside":         {window + time.Second, false},
		"much later":           {24 * time.Hour, false},
		"arrived before":       {-time.Minute, true}, // the first claimer wins, whichever arrived first
		"arrived long before":  {-24 * time.Hour, false},
		"just inside, before":  {-window + time.Second, true},
		"just outside, before": {-window - time.Second, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			first := w.accept(t, "first")
			second := w.accept(t, "second", receivedAt(noon.Add(c.after)))
			require.Equal(t, first, w.claim(t, first, claimOf("A")))
			want := second
			if c.duplicate {
				want = first
			}
			require.Equal(t, want, w.claim(t, second, claimOf("A")))
		})
	}
}

// Whoever repeats the same answers all day is heard again after each window: duplicates do not prolong it.
func TestDuplicatesDoNotProlongTheWindow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.accept(t, "a")
	b := w.accept(t, "b", receivedAt(noon.Add(9*time.Minute)))
	c := w.accept(t, "c", receivedAt(noon.Add(18*time.Minute)))
	d := w.accept(t, "d", receivedAt(noon.Add(27*time.Minute)))
	require.Equal(t, a, w.claim(t, a, claimOf("A")))
	require.Equal(t, a, w.claim(t, b, claimOf("A")))
	require.Equal(t, c, w.claim(t, c, claimOf("A")))
	require.Equal(t, c, w.claim(t, d, claimOf("A")))
}

func TestOtherFormsPersonsAndAnswersAreNoDuplicates(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.accept(t, "first")
	w.claim(t, first, claimOf("A"))
	for name, change := range map[string]func(*ledger.Claim){
		"form":    func(c *ledger.Claim) { c.Form = "newsletter" },
		"person":  func(c *ledger.Claim) { c.Person = []byte("person-bob") },
		"answers": func(c *ledger.Claim) { c.Answers = []byte("answers-B") },
	} {
		id := w.accept(t, name)
		claim := claimOf("A")
		change(&claim)
		require.Equal(t, id, w.claim(t, id, claim), name)
	}
}

// An edit back to the first answers (A, then B, then A again) is what the person wants now, not a duplicate of the first.
func TestAnEditIsNeverADuplicateOfWhatItEdits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.accept(t, "form-1", revision("1"))
	b := w.accept(t, "form-1", revision("2"), receivedAt(noon.Add(time.Minute)))
	back := w.accept(t, "form-1", revision("3"), receivedAt(noon.Add(2*time.Minute)))
	require.Equal(t, a, w.claim(t, a, claimOf("A")))
	require.Equal(t, b, w.claim(t, b, claimOf("B")))
	require.Equal(t, back, w.claim(t, back, claimOf("A")))
	require.Equal(t, back, w.claim(t, back, claimOf("A")), "also when the step runs again")

	// The same sender id of another source is another submission, not an edit.
	other := w.accept(t, "form-1", receivedAt(noon.Add(3*time.Minute)), func(d *ledger.Delivery) { d.Submission.Source = "ads" })
	require.NotEqual(t, other, w.claim(t, other, claimOf("A")))
}

// The same holds where somebody else's submission has the claim: between the two, the records held other answers.
func TestAnEditBackToAnswersThatAnotherOneClaimedCounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.accept(t, "form-1")
	double := w.accept(t, "form-2", revision("1"), receivedAt(noon.Add(time.Second)))
	again := w.accept(t, "form-2", revision("2"), receivedAt(noon.Add(2*time.Second)))
	changed := w.accept(t, "form-2", revision("3"), receivedAt(noon.Add(3*time.Second)))
	back := w.accept(t, "form-2", revision("4"), receivedAt(noon.Add(4*time.Second)))
	require.Equal(t, first, w.claim(t, first, claimOf("A")))
	require.Equal(t, first, w.claim(t, double, claimOf("A")))
	require.Equal(t, first, w.claim(t, again, claimOf("A")), "a new revision with the same answers")
	require.Equal(t, changed, w.claim(t, changed, claimOf("B")))
	require.Equal(t, back, w.claim(t, back, claimOf("A")))
}

// A correction changes the answers of a submission that has claimed already: the new answers are claimed then.
func TestCorrectedAnswersAreClaimedAnew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	corrected, other := w.accept(t, "a"), w.accept(t, "b")
	require.Equal(t, corrected, w.claim(t, corrected, claimOf("A")))
	require.Equal(t, other, w.claim(t, other, claimOf("B")))
	require.Equal(t, other, w.claim(t, corrected, claimOf("B")), "corrected to what another one had answered")
}

// What was answered stays answered: a reset that runs the step again, days later, must not find its own submission to be
// a duplicate of one that came after it.
func TestAnAnsweredClaimKeepsItsAnswerForEver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.accept(t, "first")
	double := w.accept(t, "double", receivedAt(noon.Add(time.Minute)))
	later := w.accept(t, "later", receivedAt(noon.Add(24*time.Hour)))
	for range 2 {
		require.Equal(t, first, w.claim(t, first, claimOf("A")))
		require.Equal(t, first, w.claim(t, double, claimOf("A")))
		require.Equal(t, later, w.claim(t, later, claimOf("A")))
	}
}

func TestClaimingForAnUnknownSubmissionIsNotFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.ClaimAnswers(t.Context(), submission.NewID("site", "unknown", ""), claimOf("A"))
	require.ErrorIs(t, err, ledger.ErrNotFound)
}

// The model is a list of heads in order: a claim is a duplicate of the newest head of the same answers if both arrived
// within the window, else a head itself; once answered, it keeps its answer whatever follows.
func TestClaimsFollowTheModel(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rounds := 0
	rapid.Check(t, func(rt *rapid.T) {
		rounds++
		type head struct {
			id       submission.ID
			received time.Time
		}
		type question struct {
			id    submission.ID
			claim ledger.Claim
			want  submission.ID
		}
		heads := map[string]head{}
		var asked []question
		received := noon
		for i := range rapid.IntRange(1, 6).Draw(rt, "submissions") {
			received = received.Add(time.Duration(rapid.IntRange(0, 12).Draw(rt, "minutes later")) * time.Minute)
			answers := rapid.SampledFrom([]string{"A", "B"}).Draw(rt, "answers")
			d := filled(fmt.Sprintf("round-%d-form-%d", rounds, i), receivedAt(received))
			_, err := w.Accept(context.Background(), d)
			require.NoError(rt, err)
			q := question{id: d.Submission.ID, claim: claimOf(answers), want: d.Submission.ID}
			q.claim.Person = fmt.Appendf(nil, "person-%d", rounds)
			if h, ok := heads[answers]; ok && received.Sub(h.received) <= window {
				q.want = h.id
			} else {
				heads[answers] = head{d.Submission.ID, received}
			}
			require.Equal(rt, q.want, w.claim(rt, q.id, q.claim))
			asked = append(asked, q)
			again := rapid.SampledFrom(asked).Draw(rt, "asked again")
			require.Equal(rt, again.want, w.claim(rt, again.id, again.claim))
		}
	})
}
