package merge_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/crm/merge"
)

// TestAKeyThatIsAnsweredAgain: it is worth a write where another key may find the record too, and never makes it older.
func TestAKeyThatIsAnsweredAgain(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		remembered string
		keys       [][]string
		at         time.Time
		changed    bool
		want       time.Time
	}{
		"the only key, later":                 {`{"at":{"email":1773489600000000}}`, [][]string{{"email"}}, noon.Add(time.Minute), false, noon.Add(time.Minute)},
		"the only key of a record of others":  {``, [][]string{{"email"}}, noon, false, noon},
		"one of two keys, later":              {`{"at":{"email":1773489600000000}}`, [][]string{{"email"}, {"number"}}, noon.Add(time.Minute), true, noon.Add(time.Minute)},
		"one of two keys, earlier":            {`{"at":{"email":1773489600000000}}`, [][]string{{"email"}, {"number"}}, noon.Add(-time.Minute), false, noon},
		"one of two keys, at the same moment": {`{"at":{"email":1773489600000000}}`, [][]string{{"email"}, {"number"}}, noon, false, noon},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := merge.New(&crm.Write{Submission: "sub_a", Keys: tc.keys, SubmittedAt: tc.at}, false, merge.ReadState(tc.remembered))
			d.Identified("email")
			require.Equal(t, tc.changed, d.Changed())
			require.Equal(t, merge.Clock(tc.want), d.State.At["email"])
			require.True(t, d.Writes("name", "name", false))
			require.True(t, d.Changed(), "another field is worth it")
		})
	}
}
