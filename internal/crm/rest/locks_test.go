package rest_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/crm/recordlock"
	"handoff/internal/crm/rest"
	"handoff/internal/crm/rest/resttest"
	"handoff/internal/ledger"
	"handoff/internal/stacktest"
)

// TestWorkersMakeOneRecord: two workers that share nothing but the ledger's database write to a CRM that keeps nothing unique.
func TestWorkersMakeOneRecord(t *testing.T) {
	t.Parallel()
	dsn := stacktest.Postgres(t)
	account := resttest.New()
	w := account.Start(t)
	var workers []*rest.Connector
	for range 2 {
		shared, err := ledger.NewCRMLocks(dsn, 4)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, shared.Close()) })
		worker := connect(t, w, "plain", nil)
		worker.UseLocks(recordlock.Chain(recordlock.NewLocal(), shared))
		workers = append(workers, worker)
	}
	const people, each = 5, 12
	created := make([][]bool, people)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range people * each {
		wg.Go(func() {
			who := i % people
			result := workers[i/people%2].Upsert(t.Context(), "person", []crm.Write{{
				Submission: fmt.Sprint("sub", i), Keys: [][]string{{"email"}}, SubmittedAt: time.Unix(1_800_000_000+int64(i), 0),
				Fields: crm.Fields{"email": fmt.Sprintf("p%d@example.test", who), "first_name": fmt.Sprint(i)},
			}})[0]
			if result.Err != nil {
				t.Error(result.Err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			if result.Outcome == crm.Created {
				created[who] = append(created[who], true)
			}
		})
	}
	wg.Wait()
	require.Len(t, account.People(), people, "one person is one record (I2)")
	for _, person := range account.People() {
		var who int
		_, err := fmt.Sscanf(person["email"].(string), "p%d@", &who)
		require.NoError(t, err)
		require.Len(t, created[who], 1)
		require.Equal(t, fmt.Sprint(people*(each-1)+who), person["first"], "the newest answer stays (I5)")
	}
}
