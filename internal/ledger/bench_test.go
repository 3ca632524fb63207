package ledger_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkAccept is what a sender waits for: one statement.
func BenchmarkAccept(b *testing.B) {
	w := newWorld(b)
	var n atomic.Int64
	b.SetParallelism(8)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := w.Accept(context.Background(), filled(fmt.Sprint("form-", n.Add(1)))); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

// BenchmarkSubmission is everything that one submission asks of the ledger from the door to its disposition.
func BenchmarkSubmission(b *testing.B) {
	for name, parallelism := range map[string]int{"alone": 0, "together": 8} {
		b.Run(name, func(b *testing.B) {
			w := newWorld(b)
			pool := turns{name: "emea", members: []string{"ann", "ben", "cat"}}
			var n atomic.Int64
			one := func() error {
				return carry(context.Background(), w.Ledger, filled(fmt.Sprint("form-", n.Add(1))), pool)
			}
			b.ResetTimer()
			if parallelism == 0 {
				for b.Loop() {
					require.NoError(b, one())
				}
			} else {
				b.SetParallelism(parallelism)
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						if err := one(); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			b.ReportMetric(float64(n.Load())/b.Elapsed().Seconds(), "submissions/s")
			b.ReportMetric(float64(n.Load()*methodsPerSubmission)/b.Elapsed().Seconds(), "calls/s")
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(b.Elapsed().Seconds()*1000/float64(n.Load()), "ms/submission")
		})
	}
}

// methodsPerSubmission is how many methods of the ledger carry calls.
const methodsPerSubmission = 12
