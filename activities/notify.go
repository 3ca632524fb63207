package activities

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"handoff/internal/crm"
	"handoff/internal/notify"
	"handoff/internal/submission"
)

// NotifyOwner tells the channels that want the event. A channel that was told is not told again; a channel that refuses
// for good is noted and left; one that cannot be reached fails the step, which is retried for the channels still open.
func (a *Activities) NotifyOwner(ctx context.Context, in Notice) (Notified, error) {
	done := a.begin(ctx, submission.StepNotify)
	message := notify.Message{
		Event: notify.Event(in.Event), Submission: string(in.Submission), Disposition: string(in.Disposition),
		Owner: in.Assigned.Owner, Queue: in.Assigned.Queue, URL: a.StatusURL(in.Submission),
	}
	for _, record := range in.Records {
		message.Records = append(message.Records, notify.Record{Object: record.Object, ID: record.ID})
	}
	channels, err := a.send(ctx, in.Step, message)
	if err != nil {
		return Notified{}, a.fail(ctx, submission.StepNotify, "", err)
	}
	done("channels", len(channels))
	return Notified{Ran: ran(ctx), Channels: channels}, nil
}

// send delivers a message to every channel that wants it, once per submission, channel and event.
func (a *Activities) send(ctx context.Context, step Step, message notify.Message) (map[string]string, error) {
	id := step.Submission
	names := a.Notifier.Channels(message.Event)
	if len(names) == 0 {
		return nil, nil
	}
	outcomes := map[string]string{}
	var failed error
	for _, name := range names {
		key := name + "/" + string(message.Event)
		open, err := a.Ledger.ClaimNotification(ctx, id, key)
		if err != nil {
			return nil, err
		}
		if !open {
			outcomes[name] = "sent before"
			continue
		}
		outcome := "sent"
		var refused *notify.Error
		told := message
		if a.Notifier.Personal(name) {
			if told.Answers, err = a.answers(ctx, step); err != nil {
				return nil, err
			}
		}
		switch err := a.Notifier.Send(ctx, name, told); {
		case errors.As(err, &refused) && refused.Kind == notify.Permanent:
			outcome = "refused " + refused.Code
		case err != nil:
			failed = asTransient(err)
			continue
		}
		outcomes[name] = outcome
		if err := a.Ledger.NotificationSent(ctx, id, key, outcome); err != nil {
			return nil, err
		}
	}
	return outcomes, failed
}

// answers are for channels that the configuration lets see them.
func (a *Activities) answers(ctx context.Context, in Step) (map[string]any, error) {
	loaded, err := a.Ledger.Load(ctx, in.Submission, in.Correction)
	return loaded.Payload.Answers, err
}

func asTransient(err error) error {
	e := &crm.Error{Kind: crm.Transient, Code: "channel_unreachable"}
	var sending *notify.Error
	if errors.As(err, &sending) {
		e.Code, e.Status, e.RetryAfter = sending.Code, sending.Status, sending.RetryAfter
		if sending.RetryAfter > 0 {
			e.Kind = crm.RateLimited
		}
	}
	return e
}

// alertEvery is how often one cause is told about while it lasts.
const alertEvery = time.Hour

// circuitOpen is the pacer's code for a call that was not made, because calls before it failed.
const circuitOpen = "circuit_open"

// alert tells the alert channels about trouble that stops every submission alike, once per cause and hour, however many
// submissions run into it.
func (a *Activities) alert(ctx context.Context, destination string, failure Failure) {
	if !alertKind(failure.Kind) || failure.Code == circuitOpen { // what opened it has been told
		return
	}
	channels := a.Notifier.Channels(notify.Alert)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	cause := strings.Join(append([]string{failure.place(destination), string(failure.Kind), failure.Code}, failure.Fields...), " ")
	first, err := a.Ledger.ClaimAlert(ctx, cause, alertEvery)
	if err != nil || !first {
		return
	}
	a.Logger.LogAttrs(ctx, slog.LevelError, "a connection or a mapping needs repair",
		slog.String("what", failure.place(destination)), slog.String("kind", string(failure.Kind)), slog.String("code", failure.Code),
		slog.String("next", "fix the cause, then send `retry` to what waits in review"))
	for _, name := range channels {
		message := notify.Message{Event: notify.Alert, Problems: append([]string{failure.place(destination)}, codes(failure)...)}
		if err := a.Notifier.Send(ctx, name, message); err != nil {
			a.Logger.LogAttrs(ctx, slog.LevelWarn, "alert not sent", slog.String("channel", name))
		}
	}
}
