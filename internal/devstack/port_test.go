package devstack_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/devstack"
)

func TestTakenPortSaysWhatToDo(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	require.EqualError(t, devstack.CheckPort(port, "the endpoint", "HANDOFF_PUBLIC_PORT"),
		fmt.Sprintf("port %d for the endpoint is taken by another program: end it, or set HANDOFF_PUBLIC_PORT to a free port", port))
}

// A port of the kernel's own range could be given to an outgoing connection while the server that had it is down.
func TestFreePortIsNotOneOfOutgoingConnections(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	require.NoError(t, err)
	var first int
	_, err = fmt.Sscan(string(text), &first)
	require.NoError(t, err)
	port, err := devstack.FreePort()
	require.NoError(t, err)
	require.Less(t, port, first)
	require.NoError(t, devstack.CheckPort(port, "a server", "NONE"))
}

func TestProgramThatEndsIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	another := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(another.Close)
	p := start(t, "no port for me", "echo no port for me; exit 1")
	<-p.Done()
	require.ErrorContains(t, devstack.AwaitHTTP(t.Context(), p, another.URL), "no port for me",
		"the answer of another program on that port is not ours")
}

// Ensure two programs that choose at the same time never choose the same port, although neither listens on it yet.
func TestFreePortsAreReserved(t *testing.T) {
	t.Parallel()
	chosen := map[int]bool{}
	for range 200 {
		port, err := devstack.FreePort()
		require.NoError(t, err)
		require.False(t, chosen[port], "port %d was chosen twice", port)
		chosen[port] = true
	}
}
