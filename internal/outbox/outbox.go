// Package outbox stands between the steps and the channels: what is to be told is put into the ledger, which takes as long as
// the ledger does, and told from there by any worker. A channel that fails or hangs holds up nobody, and a message outlives the
// worker that wrote it.
package outbox

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"

	"handoff/internal/ledger"
	"handoff/internal/notify"
	"handoff/internal/submission"
)

// Writing is what putting messages into the ledger asks of it.
type Writing interface {
	QueueNotice(ctx context.Context, n ledger.Notice) (bool, error)
	RaiseAlert(ctx context.Context, causes []string, rhythm ledger.Rhythm, compose func(due []string) ([]ledger.Notice, error)) ([]string, error)
}

// Outbox takes messages for the channels that want their event.
type Outbox struct {
	ledger   Writing
	channels func(notify.Event) []string
}

// New makes an outbox; channels are the names of those that want an event.
func New(l Writing, channels func(notify.Event) []string) *Outbox {
	return &Outbox{ledger: l, channels: channels}
}

// What becomes of a message on a channel.
const (
	Queued = "queued"
	Before = "queued before"
)

// What is worth telling for how long, while a channel fails: what waits for a person stays news.
const (
	keep           = time.Hour
	keepForPersons = 24 * time.Hour
)

// letter is a message as it lies in the ledger.
type letter struct {
	Message notify.Message `json:"message"`
	// Correction is the one with which a personal channel sees the answers.
	Correction string `json:"correction,omitempty"`
}

// Notify has the channels told about a submission, each once per event, and says what becomes of that on each. Answers are
// not kept: a channel that may see them gets them when it is told, as the correction made them.
func (o *Outbox) Notify(ctx context.Context, m notify.Message, correction string) (map[string]string, error) {
	var outcomes map[string]string
	for _, name := range o.channels(m.Event) {
		n, err := noticeOf(name, letter{m, correction})
		if err != nil {
			return nil, err
		}
		queued, err := o.ledger.QueueNotice(ctx, n)
		if err != nil {
			return nil, err
		}
		if outcomes == nil {
			outcomes = map[string]string{}
		}
		outcomes[name] = Before
		if queued {
			outcomes[name] = Queued
		}
	}
	return outcomes, nil
}

// Alert is trouble that stops every submission alike.
type Alert struct {
	// Causes tell the trouble from other trouble. Each is told about by the rhythm, however many meet it.
	Causes []string
	ledger.Rhythm
	// Problems are what people are told of those causes that are to be told now.
	Problems func(due []string) []string
	Source   string // "" where it is not a source's
}

// Alert has the alert channels told, and returns the causes that they are told of now. Its error means that nothing is, and
// that the same alert may be raised again.
func (o *Outbox) Alert(ctx context.Context, a Alert) ([]string, error) {
	return o.ledger.RaiseAlert(ctx, a.Causes, a.Rhythm, func(due []string) ([]ledger.Notice, error) {
		message := notify.Message{
			ID:    "alert_" + rand.Text(), // of this occasion: a reminder is no repetition
			Event: notify.Alert, Source: a.Source, Problems: a.Problems(due),
		}
		var notices []ledger.Notice
		for _, name := range o.channels(notify.Alert) {
			n, err := noticeOf(name, letter{Message: message})
			if err != nil {
				return nil, err
			}
			notices = append(notices, n)
		}
		return notices, nil
	})
}

func noticeOf(channel string, l letter) (ledger.Notice, error) {
	encoded, err := json.Marshal(l)
	if err != nil {
		return ledger.Notice{}, fmt.Errorf("encode a notification: %w", err)
	}
	n := ledger.Notice{
		Submission: submission.ID(l.Message.Submission), Channel: channel + "/" + string(l.Message.Event), Message: encoded, Keep: keep,
	}
	if l.Message.Event == notify.Alert || l.Message.Event == notify.Review {
		n.Keep = keepForPersons
	}
	return n, nil
}
