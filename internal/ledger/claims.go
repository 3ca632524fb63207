package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"handoff/internal/submission"
)

// Claim asks whether a person gave these answers to this form before. Person and Answers are blind indexes.
type Claim struct {
	Form    string
	Person  []byte
	Answers []byte
	Window  time.Duration
}

// The first submission to claim the answers has them until the window, counted by when submissions were received, has
// passed; then the next one takes over. Three never are duplicates: one that arrived a window before the claim that stands
// (it was held up), an edit of the submission that has the claim, and an edit back to answers that the sender had changed
// meanwhile. What was answered is kept on the submission, so that a reset days later hears the same; a correction changes
// the answers and asks anew.
const claimStatement = `
WITH mine AS (
    SELECT source, sender_id, received_at, coalesce(person = $3 AND answers = $4, false) AS answered FROM submissions WHERE id = $1
), claimed AS (
    INSERT INTO answer_claims (form, person, answers, submission_id, source, sender_id, claimed_at)
    SELECT $2, $3, $4, $1, source, sender_id, received_at FROM mine WHERE NOT answered
    ON CONFLICT (form, person, answers) DO UPDATE SET
        submission_id = CASE WHEN answer_claims.claimed_at < excluded.claimed_at - $5::interval THEN excluded.submission_id ELSE answer_claims.submission_id END,
        source        = CASE WHEN answer_claims.claimed_at < excluded.claimed_at - $5::interval THEN excluded.source        ELSE answer_claims.source        END,
        sender_id     = CASE WHEN answer_claims.claimed_at < excluded.claimed_at - $5::interval THEN excluded.sender_id     ELSE answer_claims.sender_id     END,
        claimed_at    = CASE WHEN answer_claims.claimed_at < excluded.claimed_at - $5::interval THEN excluded.claimed_at    ELSE answer_claims.claimed_at    END
    RETURNING submission_id, source, sender_id, claimed_at
)
UPDATE submissions SET person = $3, answers = $4, first_claim = CASE
    WHEN mine.answered THEN first_claim
    WHEN claimed.claimed_at > mine.received_at + $5::interval THEN $1
    WHEN claimed.source = mine.source AND claimed.sender_id = mine.sender_id THEN $1
    WHEN EXISTS (SELECT FROM submissions edit WHERE edit.source = mine.source AND edit.sender_id = mine.sender_id
                 AND edit.id <> $1 AND edit.answers <> $4) THEN $1
    ELSE claimed.submission_id END
FROM mine LEFT JOIN claimed ON true
WHERE id = $1
RETURNING first_claim`

// ClaimAnswers returns the submission that has these answers: id itself, unless another one claimed them within the
// window. Asking again gives the same answer.
func (l *Ledger) ClaimAnswers(ctx context.Context, id submission.ID, c Claim) (submission.ID, error) {
	var first submission.ID
	err := l.stmt[claimStatement].GetContext(ctx, &first, string(id), c.Form, c.Person, c.Answers,
		fmt.Sprintf("%d microseconds", c.Window.Microseconds()))
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	if err != nil {
		return "", fmt.Errorf("claim the answers of %s: %w", id, err)
	}
	return first, nil
}
