package backfill_test

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/backfill"
)

// BenchmarkRows reads a file of b.N rows as a dry run does: read, identified, and checked by the mapping. -benchtime 1000000x
// reads a million. It reports what is held at the end.
func BenchmarkRows(b *testing.B) {
	read(b, func(*backfill.Options) {})
}

// BenchmarkIntoTheLedger writes the rows, too: sealed, into a real Postgres.
func BenchmarkIntoTheLedger(b *testing.B) {
	l := openLedger(b)
	read(b, func(o *backfill.Options) {
		o.Dry, o.Ledger = false, l
		o.Rejects = o.File + fmt.Sprint(b.N)
	})
}

func read(b *testing.B, change func(*backfill.Options)) {
	path := write(b, "leads.csv", nil)
	file, err := os.Create(path)
	require.NoError(b, err)
	w := bufio.NewWriter(file)
	fmt.Fprintln(w, "email,firstname,phone,company")
	for i := range b.N {
		fmt.Fprintf(w, "person-%d@example.com,Ana,030 123456%d,Acme\n", i, i%10)
	}
	require.NoError(b, w.Flush())
	require.NoError(b, file.Close())
	o := options(b, path)
	change(&o)
	b.ReportAllocs()
	b.ResetTimer()
	s, err := backfill.Run(b.Context(), o)
	b.StopTimer()
	require.NoError(b, err)
	require.EqualValues(b, b.N, s.Added)
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(m.Sys)/(1<<20), "MiB-from-the-system")
}
