package door

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"handoff/internal/config"
)

// maxHeader bounds a request's header in bytes.
const maxHeader = 32 << 10

// Serve listens on both addresses until ctx ends. Then it stops accepting, finishes the requests that it has, marks what
// it started, and returns.
func (d *Door) Serve(ctx context.Context, public config.Public, admin config.Admin) error {
	listeners := make([]net.Listener, 2)
	for i, at := range []struct{ what, address string }{{"public", public.Listen}, {"admin", admin.Listen}} {
		l, err := net.Listen("tcp", at.address)
		if err != nil {
			return fmt.Errorf("listen on the %s address: %w", at.what, err)
		}
		defer l.Close()
		listeners[i] = l
	}
	servers := make([]*http.Server, 2)
	for i, handler := range []http.Handler{d.Public(), d.Admin()} {
		servers[i] = &http.Server{
			Handler: handler, ReadHeaderTimeout: public.ReadHeaderTimeout, ReadTimeout: public.ReadTimeout,
			WriteTimeout: public.WriteTimeout, IdleTimeout: public.IdleTimeout, MaxHeaderBytes: maxHeader,
			ErrorLog: slog.NewLogLogger(d.Logger.Handler(), slog.LevelWarn),
		}
	}
	relay, stopRelay := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	running.Go(func() { d.Run(relay) })
	failed := make(chan error, len(servers))
	for i, server := range servers {
		running.Go(func() { failed <- server.Serve(listeners[i]) })
	}
	d.Logger.Info("starter listens", "public", listeners[0].Addr().String(), "admin", listeners[1].Addr().String())

	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	d.stop()
	err = errors.Join(err, shutdown(servers, public.ShutdownGrace))
	stopRelay() // only now: requests in flight still start and mark
	running.Wait()
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

func shutdown(servers []*http.Server, grace time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	var problems []error
	for _, server := range servers {
		if err := server.Shutdown(ctx); err != nil {
			problems = append(problems, fmt.Errorf("finish the requests in flight: %w", err), server.Close())
		}
	}
	return errors.Join(problems...)
}
