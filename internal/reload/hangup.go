package reload

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// OnHangup asks whenever the program gets SIGHUP, until ctx ends: that is how operators have files looked at at once.
func OnHangup(ctx context.Context, asks ...func()) {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangups:
			for _, ask := range asks {
				ask()
			}
		}
	}
}
