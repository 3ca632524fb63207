package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"handoff/internal/ledger"
	"handoff/internal/notify"
	"handoff/internal/seal"
	"handoff/internal/submission"
)

// Reading is what telling asks of the ledger.
type Reading interface {
	TakeNotices(ctx context.Context, name string, most int, lease time.Duration) ([]ledger.DueNotice, error)
	CloseNotice(ctx context.Context, id int64, outcome string) error
	PutOffNotice(ctx context.Context, id int64, after time.Duration) error
	Load(ctx context.Context, id submission.ID, correction string) (ledger.Loaded, error)
}

// Channels carry messages; see internal/notify.
type Channels interface {
	// Names are those of all channels.
	Names() []string
	// Personal says whether the channel may see answers.
	Personal(name string) bool
	// Send delivers one message. Its errors are *notify.Error and hold neither answers nor secrets.
	Send(ctx context.Context, name string, message notify.Message) error
}

const (
	// lookEvery is how often a worker looks for messages: a person does not notice the difference.
	lookEvery = time.Second
	// atOnce is how many messages a worker has on their way to one channel.
	atOnce = 8
	// sendTimeout bounds the sending of one, and noteTimeout the noting of what became of it. Together they end before lease,
	// when another worker would tell it again.
	sendTimeout = 15 * time.Second
	noteTimeout = 5 * time.Second
	lease       = 30 * time.Second
	// A channel that fails is tried again after firstAgain, doubling to longestAgain.
	firstAgain   = 5 * time.Second
	longestAgain = 5 * time.Minute
)

// Sender tells what lies in the outbox. Any number of workers may have one.
type Sender struct {
	ledger   Reading
	channels Channels
	logger   *slog.Logger
}

// NewSender makes a sender, which tells nothing before Run or Tell.
func NewSender(l Reading, c Channels, logger *slog.Logger) *Sender {
	return &Sender{ledger: l, channels: c, logger: logger}
}

// Run tells what is due until ctx ends, each channel beside the others. What is on its way then is finished.
func (s *Sender) Run(ctx context.Context) {
	var channels sync.WaitGroup
	for _, name := range s.channels.Names() {
		channels.Go(func() { s.serve(ctx, name) })
	}
	channels.Wait()
}

func (s *Sender) serve(ctx context.Context, channel string) {
	every := time.NewTicker(lookEvery)
	defer every.Stop()
	away := false // which is said once
	for {
		told, err := s.Tell(ctx, channel)
		if err != nil && !away && ctx.Err() == nil {
			s.logger.Warn("the outbox cannot be read; it is tried again", "channel", channel, "error", err)
		}
		away = err != nil
		if told == atOnce && ctx.Err() == nil {
			continue // there may be more
		}
		select {
		case <-every.C:
		case <-ctx.Done():
			return
		}
	}
}

// Tell tells a channel some of what is due, and says how many messages these were.
func (s *Sender) Tell(ctx context.Context, channel string) (int, error) {
	due, err := s.ledger.TakeNotices(ctx, channel, atOnce, lease)
	if err != nil {
		return 0, err
	}
	ctx = context.WithoutCancel(ctx) // a message that was sent and not noted would be told again
	var telling sync.WaitGroup
	for _, n := range due {
		telling.Go(func() { s.tell(ctx, channel, n) })
	}
	telling.Wait()
	return len(due), nil
}

// tell sends one message and notes what became of it.
func (s *Sender) tell(ctx context.Context, channel string, n ledger.DueNotice) {
	outcome, again := s.send(ctx, channel, n)
	ctx, cancel := context.WithTimeout(ctx, noteTimeout)
	defer cancel()
	var err error
	switch {
	case again > 0 && again < n.Left:
		err = s.ledger.PutOffNotice(ctx, n.ID, again)
	case again > 0:
		outcome = "given up: " + outcome
		fallthrough
	default:
		err = s.ledger.CloseNotice(ctx, n.ID, outcome)
	}
	if err != nil {
		s.logger.Warn("what became of a notification is not noted: it may be told again", "channel", channel, "error", err)
	}
}

// sent is the outcome of a message that arrived.
const sent = "sent"

// send sends one message and returns the outcome as a code; with when to try again, where that may help.
func (s *Sender) send(ctx context.Context, channel string, n ledger.DueNotice) (outcome string, again time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	message, err := s.open(ctx, channel, n)
	if err == nil {
		err = s.channels.Send(ctx, channel, message)
	}
	if err == nil {
		return sent, 0
	}
	again = longestAgain
	if n.Attempt < 8 {
		again = min(again, firstAgain<<(n.Attempt-1))
	}
	outcome = "not_ready"
	if refused, is := errors.AsType[*notify.Error](err); is {
		outcome, again = refused.Code, max(again, refused.RetryAfter)
		if refused.Kind == notify.Permanent {
			outcome, again = "refused: "+refused.Code, 0
		}
	}
	s.logger.LogAttrs(ctx, slog.LevelWarn, "notification not sent", slog.String("channel", n.Channel),
		slog.String("submission", string(n.Submission)), slog.String("code", outcome), slog.Int("attempt", n.Attempt))
	return outcome, again
}

// open is the message as the channel may see it.
func (s *Sender) open(ctx context.Context, channel string, n ledger.DueNotice) (notify.Message, error) {
	var l letter
	if err := json.Unmarshal(n.Message, &l); err != nil {
		return notify.Message{}, fmt.Errorf("decode notification %d: %w", n.ID, err)
	}
	if n.Submission == "" || !s.channels.Personal(channel) {
		return l.Message, nil
	}
	loaded, err := s.ledger.Load(ctx, n.Submission, l.Correction)
	if errors.Is(err, seal.ErrSealed) || errors.Is(err, ledger.ErrNotFound) {
		return l.Message, nil // what cannot be opened is told about all the same
	}
	l.Message.Answers = loaded.Payload.Answers
	return l.Message, err
}
