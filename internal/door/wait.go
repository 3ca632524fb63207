package door

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"handoff/internal/submission"
)

// maxWait is the longest that a request is held.
const maxWait = 30 * time.Second

// allow moves a request's deadlines behind its wait. They are there for slow clients; this one has sent everything, and
// waits because it was told that it may.
func allow(w http.ResponseWriter, wait time.Duration) {
	const answer = 10 * time.Second
	connection := http.NewResponseController(w)
	until := time.Now().Add(wait + answer)
	_ = connection.SetReadDeadline(until) // a server that cannot keeps the deadlines it has
	_ = connection.SetWriteDeadline(until)
}

// preferredWait reads `Prefer: wait=N` (RFC 7240, seconds); 0 is no preference. A preference that cannot be read is
// ignored, as the RFC asks.
func preferredWait(header http.Header) time.Duration {
	for _, line := range header.Values("Prefer") {
		for _, preference := range strings.Split(line, ",") {
			name, value, _ := strings.Cut(preference, "=")
			if !strings.EqualFold(strings.TrimSpace(name), "wait") {
				continue
			}
			value, _, _ = strings.Cut(value, ";")
			seconds, err := strconv.Atoi(strings.Trim(strings.TrimSpace(value), `"`))
			if err != nil || seconds <= 0 {
				return 0
			}
			return min(time.Duration(min(seconds, 3600))*time.Second, maxWait)
		}
	}
	return 0
}

// Pauses between looks at a submission that a request waits for.
const (
	firstLook = 10 * time.Millisecond
	slowest   = 250 * time.Millisecond
)

// await looks at the submission until it has a disposition or needs a person, or the wait is over, or the server stops:
// what is accepted needs nobody to wait for it.
func (d *Door) await(ctx context.Context, id submission.ID, wait time.Duration) (submission.Stage, submission.Disposition) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	stage, disposition := submission.StageProcessing, submission.Disposition("")
	for pause := firstLook; ; pause = min(pause*2, slowest) {
		select {
		case <-ctx.Done():
			return stage, disposition
		case <-d.stopping:
			return stage, disposition
		case <-time.After(pause):
		}
		seen, how, err := d.Ledger.Progress(ctx, id)
		if err != nil {
			continue // the ledger may be back before the wait is over
		}
		stage, disposition = seen, how
		if stage == submission.StageDone || stage == submission.StageReview {
			return stage, disposition
		}
	}
}
