package devstack

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"syscall"
)

// The ports that FreePort chooses from lie below those that the kernel gives to outgoing connections. Otherwise such a
// connection could take the port of a server that is down for a moment, and a client that knocks at a closed port of
// that range again and again ends up connected to itself.
const (
	firstFreePort = 20000
	lastFreePort  = 32000
)

// FreePort finds a TCP port that nobody uses on the loopback interface. The choice is random, because other programs
// choose at the same time.
func FreePort() (int, error) {
	var taken error
	for range 100 {
		port := firstFreePort + rand.IntN(lastFreePort-firstFreePort+1)
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			taken = err
			continue
		}
		return port, l.Close()
	}
	return 0, fmt.Errorf("find a free port from %d to %d: %w", firstFreePort, lastFreePort, taken)
}

// CheckPort fails with what to do when the port is taken. variable is the environment variable that chooses another.
func CheckPort(port int, what, variable string) error {
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("port %d for %s is taken by another program: end it, or set %s to a free port", port, what, variable)
	}
	if err != nil {
		return fmt.Errorf("check port %d for %s: %w", port, what, err)
	}
	return l.Close()
}

// AwaitHTTP waits until the process answers the URL with 200.
func AwaitHTTP(ctx context.Context, p *Process, url string) error {
	return await(ctx, p, func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("%s answers %s", url, response.Status)
		}
		return nil
	})
}
