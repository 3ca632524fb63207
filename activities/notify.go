package activities

import (
	"context"
	"log/slog"
	"time"

	"handoff/internal/crm"
	"handoff/internal/ledger"
	"handoff/internal/notify"
	"handoff/internal/outbox"
	"handoff/internal/submission"
)

// NotifyOwner has the channels told that want the event, each once. It is done when that is written down: what a channel makes of
// it holds up no submission.
func (a *Activities) NotifyOwner(ctx context.Context, in Notice) (Notified, error) {
	done := a.begin(ctx, submission.StepNotify)
	message := notify.Message{
		Event: notify.Event(in.Event), Submission: string(in.Submission), Disposition: string(in.Disposition),
		Owner: in.Assigned.Owner, Queue: in.Assigned.Queue, URL: a.StatusURL(in.Submission),
	}
	for _, record := range in.Records {
		message.Records = append(message.Records, notify.Record{Object: record.Object, ID: record.ID})
	}
	channels, err := a.Notifier.Notify(ctx, message, in.Correction)
	if err != nil {
		return Notified{}, a.fail(ctx, submission.StepNotify, "", err)
	}
	done("channels", len(channels))
	return Notified{Ran: ran(ctx), Channels: channels}, nil
}

// alertEvery is how often one cause is told about while it lasts.
const alertEvery = time.Hour

// CredentialAlerts is the rhythm of alerts about a credential that is refused: everything waits for its repair, and nothing is lost.
// What waits asks again within minutes, and the check of the destination every hour, so that a cause nobody meets for longer is mended.
var CredentialAlerts = ledger.Rhythm{Every: 24 * time.Hour, Over: 3 * time.Hour}

// alert has the alert channels told about trouble that stops every submission alike, once per cause and in its rhythm, however
// many submissions run into it.
func (a *Activities) alert(ctx context.Context, destination string, failure Failure) {
	if !alertKind(failure.Kind) || failure.Code == crm.CodeCircuitOpen { // what opened it has been told
		return
	}
	ctx, cancel := shortly(ctx)
	defer cancel()
	place := failure.place(destination)
	alert := outbox.Alert{
		Causes:   []string{failure.cause(destination)},
		Rhythm:   ledger.Rhythm{Every: alertEvery},
		Problems: func([]string) []string { return append([]string{place}, codes(failure)...) },
	}
	if failure.Kind == crm.Auth {
		alert.Rhythm = CredentialAlerts
	}
	switch told, err := a.Notifier.Alert(ctx, alert); {
	case err != nil:
		a.Logger.LogAttrs(ctx, slog.LevelWarn, "alert not raised; who meets the cause next raises it", slog.String("what", place),
			slog.String("kind", string(failure.Kind)), slog.String("code", failure.Code))
	case len(told) > 0:
		a.Logger.LogAttrs(ctx, slog.LevelError, "a connection or a mapping needs repair",
			slog.String("what", place), slog.String("kind", string(failure.Kind)), slog.String("code", failure.Code),
			slog.String("next", "fix the cause, then send `retry` to what waits in review"))
	}
}

// shortly bounds what an attempt does beside its work: a second, or half of the time that it has left. An attempt that ran out of
// time over it would be repeated, and what it has to say lost.
func shortly(ctx context.Context) (context.Context, context.CancelFunc) {
	most := time.Second
	if deadline, ok := ctx.Deadline(); ok {
		most = min(most, time.Until(deadline)/2)
	}
	return context.WithTimeout(context.WithoutCancel(ctx), most)
}
