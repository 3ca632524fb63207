package workflows_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"

	"handoff/activities"
	"handoff/internal/mapping"
	"handoff/internal/routing"
	"handoff/internal/submission"
)

// reloaded are rules that change while a submission is on its way: the n-th step that asks gets the n-th of them, and
// every later one the last. Validate, dedupe, map and assign-owner ask, in this order.
type reloaded struct {
	mu         sync.Mutex
	sequence   []activities.Rules
	asked      int
	remembered bool // the worker has the older ones still
	mapped     activities.Mapped
	deduped    activities.Deduped
	assigned   activities.Assigned
}

func (r *reloaded) current() activities.Rules {
	r.mu.Lock()
	defer r.mu.Unlock()
	rules := r.sequence[min(r.asked, len(r.sequence)-1)]
	r.asked++
	return rules
}

func (r *reloaded) at(version string) (activities.Rules, bool) {
	for _, rules := range r.sequence {
		if rules.Version == version && r.remembered {
			return rules, true
		}
	}
	return activities.Rules{}, false
}

// edited are the shipped rules under a version, with texts replaced in the mapping of demo requests and in routing.
func edited(t *testing.T, version string, oldnew ...string) activities.Rules {
	t.Helper()
	folder := t.TempDir()
	require.NoError(t, os.CopyFS(folder, os.DirFS("../mappings")))
	replace := strings.NewReplacer(oldnew...)
	for _, name := range []string{"demo-request.yaml", mapping.RoutingFile} {
		text, err := os.ReadFile(filepath.Join(folder, name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(replace.Replace(string(text))), 0o644))
	}
	set, err := mapping.Load(os.DirFS(folder))
	require.NoError(t, err)
	data, err := os.ReadFile(filepath.Join(folder, mapping.RoutingFile))
	require.NoError(t, err)
	table, problems := routing.Parse(mapping.RoutingFile, data)
	require.NoError(t, problems.Err())
	return activities.Rules{Version: version, Mappings: set, Routing: table}
}

// newReloadRig is a rig over rules that change, and collects what the steps tell.
func newReloadRig(t *testing.T, rules *reloaded) *rig {
	t.Helper()
	r := &rig{T: t, told: &scriptedNotifier{}, crm: &scriptedCRM{}}
	r.acts, r.ledger = newActivities(t, func(d *activities.Deps) {
		d.Rules, d.RulesAt = rules.current, rules.at
		d.Destinations = map[string]activities.Destination{"crm": {Connector: r.crm}}
		d.Notifier = r.told.over(d)
	})
	r.id = deliver(t, r.ledger, "one", good())
	r.newEnvironment()
	// The environment does not say which local activity ended; they end in the order of the path.
	path := []any{nil, &rules.deduped, &rules.mapped, nil, &rules.assigned}
	r.env.SetOnLocalActivityCompletedListener(func(_ *activity.Info, result converter.EncodedValue, err error) {
		if len(path) > 0 && path[0] != nil && err == nil && result.HasValue() {
			require.NoError(t, result.Get(path[0]))
		}
		path = path[min(1, len(path)):]
	})
	return r
}

func ref(t *testing.T, rules activities.Rules) string {
	t.Helper()
	m, ok := rules.Mappings.For("website", "demo-request")
	require.True(t, ok)
	return m.Ref()
}

// TestVersionsAreNeverMixedSilently holds that a step which goes by another version than validation says so in what it
// tells, and that the version of the step map is the one that everything is pinned to.
func TestVersionsAreNeverMixedSilently(t *testing.T) {
	t.Parallel()
	first, second := edited(t, "first"), edited(t, "second", "{value: new, to: lead.status}", "{value: fresh, to: lead.status}")
	require.NotEqual(t, ref(t, first), ref(t, second))
	cases := map[string]struct {
		sequence            []activities.Rules
		deduped, validated  string // what the steps say, "" for nothing
		pinned, pinnedRules string
	}{
		"one version":              {[]activities.Rules{first}, "", "", ref(t, first), "first"},
		"reloaded after validate":  {[]activities.Rules{first, second}, ref(t, second), ref(t, first), ref(t, second), "second"},
		"reloaded after dedupe":    {[]activities.Rules{first, first, second}, "", ref(t, first), ref(t, second), "second"},
		"reloaded after map":       {[]activities.Rules{first, first, first, second}, "", "", ref(t, first), "first"},
		"reloaded, and taken back": {[]activities.Rules{first, second, first}, ref(t, second), "", ref(t, first), "first"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rules := &reloaded{sequence: tc.sequence, remembered: true}
			r := newReloadRig(t, rules)
			status, err := r.run(submission.TraceFast)
			require.NoError(t, err)
			require.Equal(t, submission.Created, status.Disposition)
			require.Equal(t, tc.deduped, rules.deduped.Mapping)
			require.Equal(t, tc.validated, rules.mapped.ValidatedBy)
			require.Equal(t, tc.pinned, rules.mapped.Mapping)
			require.Equal(t, tc.pinnedRules, rules.mapped.Rules)
			require.Equal(t, tc.pinned, status.Mapping)
			require.Equal(t, tc.pinned, r.view().Mapping+"@"+r.view().MappingVersion)
			require.Empty(t, rules.assigned.Rules, "routed by the rules that mapped")
		})
	}
}

// TestANewVersionValidatesAgain holds that answers which only the older version accepts are not written by the newer one.
func TestANewVersionValidatesAgain(t *testing.T) {
	t.Parallel()
	stricter := edited(t, "second", "{from: product_interest, to: lead.product_interest, transform: [collapse, truncate], max: 120}",
		"{from: passport, to: lead.product_interest, required: true}")
	require.NotEqual(t, ref(t, edited(t, "first")), ref(t, stricter))
	r := newReloadRig(t, &reloaded{sequence: []activities.Rules{edited(t, "first"), edited(t, "first"), stricter}})
	r.later(time.Minute, func() {
		status := r.status()
		require.Equal(t, submission.StageReview, status.Stage)
		require.Equal(t, submission.StepMap, status.Step)
		require.Equal(t, "passport", status.Problems[0].Field)
		r.resolve(submission.Resolution{Action: submission.ActionDiscard, By: "ana"})
	})
	status, err := r.run(submission.TraceFast)
	require.NoError(t, err)
	require.Equal(t, submission.Discarded, status.Disposition)
	require.Zero(t, r.crm.attempts())
}

// TestRoutingIsThatOfTheRulesThatMapped holds that facts and table fit: a submission that was mapped before a reload is
// routed by the table of its unit while the worker has it, and else by the newer one, which it says.
func TestRoutingIsThatOfTheRulesThatMapped(t *testing.T) {
	t.Parallel()
	const ours, theirs = "{owner: dieter, weight: 1}", "{owner: zoe, weight: 1}"
	first := edited(t, "first", "{owner: ana, weight: 3}", ours, ours, "{owner: doris, weight: 1}")
	second := edited(t, "second", "{owner: ana, weight: 3}", theirs, ours, "{owner: zoltan, weight: 1}")
	for name, remembered := range map[string]bool{"remembered": true, "by a worker that started later": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rules := &reloaded{sequence: []activities.Rules{first, first, first, second}, remembered: remembered}
			r := newReloadRig(t, rules)
			status, err := r.run(submission.TraceFast)
			require.NoError(t, err)
			if remembered {
				require.Contains(t, []string{"dieter", "doris"}, status.Owner)
				require.Empty(t, rules.assigned.Rules)
			} else {
				require.Contains(t, []string{"zoe", "zoltan"}, status.Owner)
				require.Equal(t, "second", rules.assigned.Rules)
			}
		})
	}
}
