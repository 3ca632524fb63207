package pacer_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/bubble"
	"handoff/internal/crm"
	"handoff/internal/crm/pacer"
)

// TestTheUnheardTravelTogether: writes that may have been carried out are told so when they come again, and share a batch with
// each other rather than with those that are new.
func TestTheUnheardTravelTogether(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		failure crm.Error
		unheard bool
		batches []string
	}{
		{crm.Error{Kind: crm.Transient, Code: "timeout"}, true, []string{"100 new", "100 lost"}},
		{crm.Error{Kind: crm.Transient, Code: "gateway", Status: 502}, true, []string{"100 new", "100 lost"}},
		{crm.Error{Kind: crm.Transient, Code: "unavailable", Status: 503}, false, []string{"70 lost 30 new", "30 lost 70 new"}},
	} {
		t.Run(c.failure.Code, func(t *testing.T) {
			t.Parallel()
			bubble.Test(t, func(t *testing.T) {
				v := &vendor{takes: 100 * time.Millisecond, script: []*crm.Error{&c.failure}}
				paced := pacer.New(batching{v, 100}, pacer.Options{Limits: per(4, time.Second)})
				var all sync.WaitGroup
				send := func(kind string, from, to int) {
					for i := from; i < to; i++ {
						all.Go(func() { paced.Upsert(t.Context(), "contacts", []crm.Write{write(fmt.Sprint(kind, " ", i))}) })
					}
					pass(10 * time.Millisecond)
				}
				send("lost", 0, 100)
				all.Wait()
				pass(5 * time.Second)
				send("other", 0, 1) // while it is under way all others gather
				send("new", 0, 30)
				send("lost", 0, 100)
				send("new", 30, 100)
				all.Wait()
				var batches []string
				for _, call := range v.calls[2:] {
					of := map[string]int{}
					for _, w := range call.writes {
						kind, _, _ := strings.Cut(w.Submission, " ")
						of[kind]++
						require.Equal(t, c.unheard && kind == "lost", w.Unheard, w.Submission)
					}
					var words []string
					for _, kind := range slices.Sorted(maps.Keys(of)) {
						words = append(words, fmt.Sprint(of[kind], " ", kind))
					}
					batches = append(batches, strings.Join(words, " "))
				}
				require.Equal(t, c.batches, batches)
			})
		})
	}
}

// TestHeardAgain: what was carried out in the end is no longer in doubt.
func TestHeardAgain(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		v := &vendor{script: []*crm.Error{{Kind: crm.Transient, Code: "connection"}}}
		paced := pacer.New(batching{v, 100}, pacer.Options{Limits: per(100, time.Second)})
		mine := []crm.Write{write("one")}
		for i, unheard := range []bool{false, true, false} {
			paced.Upsert(t.Context(), "contacts", mine)
			require.Equal(t, unheard, v.calls[i].writes[0].Unheard)
			require.False(t, mine[0].Unheard, "the caller's own is left alone")
		}
	})
}
