package docs_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestWhoeverSendsALeadHasOne: without --real `sources test` sends a test submission, which reaches no CRM.
func TestWhoeverSendsALeadHasOne(t *testing.T) {
	t.Parallel()
	sent := 0
	for _, page := range everyPage(t) {
		for paragraph := range strings.SplitSeq(read(t, page), "\n\n") {
			_, rest, _ := strings.Cut(paragraph, "send a lead")
			for _, command := range regexp.MustCompile("`[^`]*sources test[^`]*`").FindAllString(rest, -1) {
				require.Contains(t, command, " --real", "%s", page)
				sent++
			}
		}
	}
	require.Equal(t, 4, sent)
}

// TestWhatIsStoppedIsStarted: whoever types a block to its end has a Handoff that runs.
func TestWhatIsStoppedIsStarted(t *testing.T) {
	t.Parallel()
	stopped := 0
	for _, page := range everyPage(t) {
		for _, block := range regexp.MustCompile("(?ms)^```\\w*\n(.*?)^```").FindAllStringSubmatch(read(t, page), -1) {
			lines := strings.Split(block[1], "\n")
			for i, line := range lines {
				services, stops := strings.CutPrefix(line, "docker compose stop ")
				if !stops {
					continue
				}
				var started []string
				for _, later := range lines[i:] {
					if up, ok := strings.CutPrefix(later, "docker compose up -d "); ok {
						started = append(started, strings.Fields(up)...)
					}
				}
				stopped++
				require.Subset(t, started, strings.Fields(services), "%s: %s", page, line)
			}
		}
	}
	require.NotZero(t, stopped)
}

func everyPage(t *testing.T) []string {
	t.Helper()
	pages := []string{readme}
	for _, pattern := range []string{"*.md", "crm/*.md", "sources/*.md"} {
		found, err := filepath.Glob(pattern)
		require.NoError(t, err)
		pages = append(pages, found...)
	}
	return pages
}
