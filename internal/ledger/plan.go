package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"handoff/internal/submission"
)

const savePlanStatement = `UPDATE submissions SET plan = $2, mapping = $3, mapping_version = $4 WHERE id = $1`

// SavePlan seals what the mapping made of the answers, and notes which mapping did.
func (l *Ledger) SavePlan(ctx context.Context, id submission.ID, plan []byte, mapping, version string) error {
	sealed, err := l.keys.Seal(plan, planID(id))
	if err != nil {
		return err
	}
	if _, err := l.stmt[savePlanStatement].ExecContext(ctx, string(id), sealed, mapping, version); err != nil {
		return fmt.Errorf("save the plan of %s: %w", id, err)
	}
	return nil
}

const loadPlanStatement = `SELECT plan FROM submissions WHERE id = $1 AND plan IS NOT NULL`

// LoadPlan opens what SavePlan sealed.
func (l *Ledger) LoadPlan(ctx context.Context, id submission.ID) ([]byte, error) {
	var sealed []byte
	err := l.stmt[loadPlanStatement].GetContext(ctx, &sealed, string(id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("load the plan of %s: %w", id, ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("load the plan of %s: %w", id, err)
	}
	return l.keys.Open(sealed, planID(id))
}

func planID(id submission.ID) string { return string(id) + "/plan" }
