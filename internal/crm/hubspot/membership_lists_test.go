package hubspot

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
)

// TestListsAreForgotten: a form may name any list; what would be asked for again is not kept.
func TestListsAreForgotten(t *testing.T) {
	t.Parallel()
	m, now := memberships{&Connector{lists: map[string]list{}}}, time.Unix(1_800_000_000, 0)
	for _, step := range []struct {
		named string
		list  list
		left  []string
	}{
		{"there", list{read: now}, []string{"there"}},
		{"nowhere", list{read: now, unknown: &crm.Error{}}, []string{"nowhere", "there"}},
		{"later", list{read: now.Add(freshFor)}, []string{"later", "there"}},
		{"last", list{read: now.Add(schemaLasts)}, []string{"last", "later"}},
	} {
		m.keep(step.named, step.list)
		require.Equal(t, step.left, slices.Sorted(maps.Keys(m.lists)))
	}
}
