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

// FreePort finds a TCP port that nobody uses on the loopback interface. It stays reserved among Handoff's own programs
// for as long as this one runs: several start at the same time, and seconds pass until a server takes its port.
func FreePort() (int, error) {
	var taken error
	for range 100 {
		port := firstFreePort + rand.IntN(lastFreePort-firstFreePort+1)
		if taken = reserve(port); taken != nil {
			continue
		}
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			taken = err
			continue
		}
		return port, l.Close()
	}
	return 0, fmt.Errorf("find a free port from %d to %d: %w", firstFreePort, lastFreePort, taken)
}

// reserve binds a name of the kernel's, which no two programs can have and which nobody needs to clean up.
func reserve(port int) error {
	socket, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("reserve port %d: %w", port, err)
	}
	if err := syscall.Bind(socket, &syscall.SockaddrUnix{Name: fmt.Sprintf("@handoff-port-%d", port)}); err != nil {
		_ = syscall.Close(socket) // never bound
		return fmt.Errorf("reserve port %d: %w", port, err)
	}
	return nil // open until the program ends
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
