package secretmanager

import (
	"context"
	"errors"
	"strings"
	"sync"

	"gocloud.dev/runtimevar"
	"golang.org/x/sync/singleflight"
)

// Variable is one secret in a manager. It is safe for concurrent use.
type Variable struct {
	store   *Store
	address address
	asking  singleflight.Group

	mu       sync.Mutex
	followed *runtimevar.Variable // nil where the manager has never been reached
	text     string               // the last one that was not empty
	closed   bool
}

// past is over: with it a variable tells what it knows, and waits for nothing.
var past = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()

// Text is the secret as it was when the manager was last heard; "" while it never was. An empty one is being replaced, and
// one that is gone may still be needed: then the last one stays. It asks nobody.
func (v *Variable) Text() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.followed != nil && !v.closed {
		if snapshot, err := v.followed.Latest(past); err == nil {
			v.take(snapshot)
		}
	}
	return v.text
}

// take keeps what a manager gave, unless that is empty. The caller holds the lock.
func (v *Variable) take(snapshot runtimevar.Snapshot) {
	if text := textOf(snapshot); text != "" {
		v.text = text
	}
}

func textOf(snapshot runtimevar.Snapshot) string {
	switch value := snapshot.Value.(type) {
	case string:
		return strings.TrimSpace(value)
	case []byte:
		return strings.TrimSpace(string(value))
	}
	return "" // no other decoder is let through
}

// Ask asks the manager now: what is followed is asked now and then only. Those who ask at the same moment share the answer.
// Its error is a *Problem.
func (v *Variable) Ask(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	answer := v.asking.DoChan("", func() (any, error) {
		if !v.store.begin() {
			return nil, judge(v.address, Patience, context.Canceled)
		}
		defer v.store.running.Done()
		asked, cancel := context.WithTimeout(v.store.life, Patience)
		defer cancel()
		return nil, v.ask(asked)
	})
	select {
	case a := <-answer:
		return a.Err
	case <-ctx.Done():
		return judge(v.address, Patience, ctx.Err())
	}
}

// ask opens the variable anew, which asks at once, and follows the one that knows more.
func (v *Variable) ask(ctx context.Context) error {
	fresh, err := v.store.open(ctx, v.address.text)
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return judge(v.address, Patience, err)
	case err != nil:
		return unopened(v.address)
	}
	snapshot, err := fresh.Watch(ctx)
	if given := v.follow(fresh, err == nil && textOf(snapshot) != v.Text()); given != nil {
		go func() { _ = given.Close() }() // which waits for a call that is under way
	}
	if err != nil {
		return judge(v.address, Patience, err)
	}
	if v.Text() == "" {
		return problem("is empty in %s", v.address.scheme)
	}
	return nil
}

// follow follows a variable that knows more, or that is the first: it may come to know what it does not know yet. It gives
// back the one that nobody follows.
func (v *Variable) follow(fresh *runtimevar.Variable, more bool) *runtimevar.Variable {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed || !more && v.followed != nil {
		return fresh
	}
	old := v.followed
	v.followed = fresh
	return old
}

func (v *Variable) close() {
	v.mu.Lock()
	followed := v.followed
	v.followed, v.closed = nil, true
	v.mu.Unlock()
	if followed != nil {
		_ = followed.Close()
	}
}

// open opens a variable for as long as the store lives. A client may take its time to find credentials: whoever waits does so
// no longer than ctx.
func (s *Store) open(ctx context.Context, url string) (*runtimevar.Variable, error) {
	type opened struct {
		variable *runtimevar.Variable
		err      error
	}
	answer := make(chan opened)
	if !s.begin() {
		return nil, context.Canceled
	}
	go func() {
		defer s.running.Done()
		variable, err := runtimevar.OpenVariable(s.life, url)
		select {
		case answer <- opened{variable, err}:
		case <-ctx.Done():
			if variable != nil {
				_ = variable.Close()
			}
		}
	}()
	select {
	case o := <-answer:
		return o.variable, o.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
