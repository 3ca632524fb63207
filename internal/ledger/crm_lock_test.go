package ledger_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/ledger"
	"handoff/internal/stacktest"
)

func crmLocks(t testing.TB, dsn string, conns int) *ledger.CRMLocks {
	t.Helper()
	locks, err := ledger.NewCRMLocks(dsn, conns)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, locks.Close()) })
	return locks
}

// TestCRMLocksKeepWorkersApart: writers of two workers, with overlapping names, come one after the other and all come through.
func TestCRMLocksKeepWorkersApart(t *testing.T) {
	t.Parallel()
	dsn := stacktest.Postgres(t)
	workers := []*ledger.CRMLocks{crmLocks(t, dsn, 4), crmLocks(t, dsn, 4)}
	names := [][]string{{"a", "b"}, {"b", "c"}, {"a", "c"}}
	var inside sync.Map // by name
	var wg sync.WaitGroup
	for i := range 60 {
		wg.Go(func() {
			release, err := workers[i%2].Lock(t.Context(), names[i%3])
			if err != nil {
				t.Errorf("lock: %v", err)
				return
			}
			defer release()
			for _, name := range names[i%3] {
				if _, there := inside.LoadOrStore(name, i); there {
					t.Errorf("two writers hold %s", name)
				}
			}
			for _, name := range names[i%3] {
				inside.Delete(name)
			}
		})
	}
	wg.Wait()
}

// TestCRMLockIsGivenUp: who waits stops when it is told to, and takes nothing; others are not in its way.
func TestCRMLockIsGivenUp(t *testing.T) {
	t.Parallel()
	dsn := stacktest.Postgres(t)
	one, other := crmLocks(t, dsn, 2), crmLocks(t, dsn, 2)
	release, err := one.Lock(t.Context(), []string{"a"})
	require.NoError(t, err)

	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = other.Lock(ctx, []string{"0", "a"})
	require.Error(t, err)
	releaseZero, err := one.Lock(t.Context(), []string{"0"})
	require.NoError(t, err, "who gave up holds nothing")
	releaseZero()
	releaseB, err := other.Lock(t.Context(), []string{"b"})
	require.NoError(t, err)
	releaseB()

	release()
	releaseA, err := other.Lock(t.Context(), []string{"a"})
	require.NoError(t, err)
	releaseA()
}

// TestCRMLocksLeaveRoom: large batches do not use up the memory that Postgres has for locks: they go one after the other, and
// the largest one goes too.
func TestCRMLocksLeaveRoom(t *testing.T) {
	t.Parallel()
	locks := crmLocks(t, stacktest.Postgres(t), 4)
	names := func(n int, of string) (all []string) {
		for i := range n {
			all = append(all, fmt.Sprintf("%s %05d", of, i))
		}
		return all
	}
	release, err := locks.Lock(t.Context(), names(1500, "one"))
	require.NoError(t, err)
	releaseSmall, err := locks.Lock(t.Context(), names(200, "small"))
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = locks.Lock(ctx, names(1500, "other"))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	release()
	releaseSmall()
	release, err = locks.Lock(t.Context(), names(3000, "largest"))
	require.NoError(t, err)
	release()
}
