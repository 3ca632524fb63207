package load

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestReportIsReadAsVegetaWritesIt(t *testing.T) {
	t.Parallel()
	var r report
	require.NoError(t, json.Unmarshal([]byte(`{"latencies":{"total":5,"mean":1,"50th":2500000,"90th":1,"95th":1,"99th":40000000,"max":50000000,"min":1},
"rate":100.5,"throughput":99.5,"success":0.9,"status_codes":{"0":2,"202":8},"errors":["EOF"]}`), &r))
	require.Equal(t, 2500*time.Microsecond, r.Latencies.P50)
	require.Equal(t, "40.0 ms", milliseconds(r.Latencies.P99))
	require.Equal(t, "none: 2, 202: 8", r.answers())
}

func TestResidentMemoryOfAProcess(t *testing.T) {
	t.Parallel()
	require.Greater(t, Resident(os.Getpid()), int64(1<<20))
	require.Zero(t, Resident(0), "there is no such process")
}
