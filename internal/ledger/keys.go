package ledger

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
)

const canaryID = "key_check"

// checkKeys opens the canaries: one for each key that ever sealed here. A keyset that lacks one of them cannot read
// everything, which is an error now and not at the first lead that it concerns. A key that was rotated in leaves its own
// canary.
func (l *Ledger) checkKeys(ctx context.Context) error {
	err := l.transact(ctx, func(tx *sqlx.Tx) error {
		// Of two programs that open a new ledger at once with different keysets, one must fail.
		if _, err := tx.ExecContext(ctx, `LOCK TABLE key_check IN SHARE ROW EXCLUSIVE MODE`); err != nil {
			return err
		}
		var stored []struct {
			KeyID       string `db:"key_id"`
			Fingerprint string `db:"fingerprint"`
			Canary      []byte `db:"canary"`
		}
		if err := tx.SelectContext(ctx, &stored, `SELECT key_id, fingerprint, canary FROM key_check ORDER BY added_at`); err != nil {
			return err
		}
		known := false
		for _, s := range stored {
			if s.Fingerprint != l.keys.Fingerprint() {
				return fmt.Errorf("the keyset %s does not belong to this ledger, which is sealed with keyset %s: set HANDOFF_KEYS or HANDOFF_KEYS_FILE to that one",
					l.keys.Fingerprint(), s.Fingerprint)
			}
			if _, err := l.keys.Open(s.Canary, canaryID); err != nil {
				return fmt.Errorf("the keyset lacks key %s, with which answers in this ledger are sealed: keep old keys in the set when rotating (`handoff keys rotate`)",
					s.KeyID)
			}
			known = known || s.KeyID == l.keys.KeyID()
		}
		if known {
			return nil
		}
		canary, err := l.keys.Seal([]byte(canaryID), canaryID)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO key_check (key_id, fingerprint, canary, added_at) VALUES ($1, $2, $3, $4)`,
			l.keys.KeyID(), l.keys.Fingerprint(), canary, l.now().UTC())
		return err
	})
	if err != nil {
		return fmt.Errorf("check the ledger's keys: %w", err)
	}
	return nil
}
