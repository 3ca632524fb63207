package ledger

import (
	"context"
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
// passed; then the next one takes over. An edit by the sender (same sender id) never counts as a duplicate of itself, and
// the earlier claim stands. The person is noted on the submission in the same statement.
const claimStatement = `
WITH mine AS (
    UPDATE submissions SET person = $3 WHERE id = $1 RETURNING source, sender_id, received_at
), claimed AS (
    INSERT INTO answer_claims (form, person, answers, submission_id, source, sender_id, claimed_at)
    SELECT $2, $3, $4, $1, source, sender_id, received_at FROM mine
    ON CONFLICT (form, person, answers) DO UPDATE SET
        submission_id = CASE WHEN answer_claims.claimed_at < excluded.claimed_at - $5::interval THEN excluded.submission_id ELSE answer_claims.submission_id END,
        source        = CASE WHEN answer_claims.claimed_at < excluded.claimed_at - $5::interval THEN excluded.source        ELSE answer_claims.source        END,
        sender_id     = CASE WHEN answer_claims.claimed_at < excluded.claimed_at - $5::interval THEN excluded.sender_id     ELSE answer_claims.sender_id     END,
        claimed_at    = CASE WHEN answer_claims.claimed_at < excluded.claimed_at - $5::interval THEN excluded.claimed_at    ELSE answer_claims.claimed_at    END
    RETURNING submission_id, source, sender_id
)
SELECT CASE WHEN claimed.source = mine.source AND claimed.sender_id = mine.sender_id THEN $1 ELSE claimed.submission_id END
FROM claimed, mine`

// ClaimAnswers returns the submission that has these answers: id itself, unless another one claimed them within the
// window. Asking again gives the same answer.
func (l *Ledger) ClaimAnswers(ctx context.Context, id submission.ID, c Claim) (submission.ID, error) {
	var first submission.ID
	err := l.stmt[claimStatement].GetContext(ctx, &first, string(id), c.Form, c.Person, c.Answers,
		fmt.Sprintf("%d microseconds", c.Window.Microseconds()))
	if err != nil {
		return "", fmt.Errorf("claim the answers of %s: %w", id, err)
	}
	return first, nil
}
