package postgres

import "handoff/internal/crm"

var _ crm.Batcher = (*Connector)(nil)

// MaxBatch is how many records one statement locks. Writes are gathered only where the destination has a limit.
func (c *Connector) MaxBatch(string) int { return maxBatch }
