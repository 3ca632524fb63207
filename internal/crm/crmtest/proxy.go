package crmtest

import (
	"bytes"
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// Proxy is a TCP proxy on the way to a CRM that fails on command. Its client sees a real network fault.
type Proxy struct {
	listener net.Listener
	target   string

	mu      sync.Mutex
	fault   fault
	request []byte // whose reply is to be lost
	lost    int    // replies
	open    map[net.Conn]struct{}
	silence chan struct{} // closed when a silence ends
	closed  bool
}

type fault int

const (
	healthy fault = iota
	lostReplies
	lostReply // to one request; from then on lostReplies
	silent
)

// NewProxy starts a proxy to a TCP address; it stops with the test.
func NewProxy(t testing.TB, target string) *Proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &Proxy{listener: listener, target: target, open: map[net.Conn]struct{}{}, silence: make(chan struct{})}
	go p.accept()
	t.Cleanup(p.close)
	return p
}

// Addr is where clients connect to.
func (p *Proxy) Addr() *net.TCPAddr { return p.listener.Addr().(*net.TCPAddr) }

// LoseReplies forwards what clients send, but hangs up on them as soon as the server answers. New connections are
// refused.
func (p *Proxy) LoseReplies() { p.set(lostReplies) }

// LoseReplyTo waits for a request that contains a text: its reply is lost, and all others from then on, as with
// LoseReplies. What goes on beside it, such as a new connection or a statement that is prepared, is not disturbed before.
func (p *Proxy) LoseReplyTo(request string) {
	p.mu.Lock()
	p.request = []byte(request)
	p.mu.Unlock()
	p.set(lostReply)
}

// Lost says how many replies were lost.
func (p *Proxy) Lost() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lost
}

// Silence forwards what clients send and holds back what the server answers.
func (p *Proxy) Silence() { p.set(silent) }

// Heal ends the fault.
func (p *Proxy) Heal() { p.set(healthy) }

func (p *Proxy) set(f fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fault == silent {
		close(p.silence)
		p.silence = make(chan struct{})
	}
	p.fault = f
}

func (p *Proxy) state() (fault, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fault, p.silence
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return // closed
		}
		if f, _ := p.state(); f == lostReplies {
			_ = client.Close()
			continue
		}
		server, err := net.Dial("tcp", p.target)
		if err != nil {
			_ = client.Close()
			continue
		}
		if !p.track(client, server) {
			return
		}
		go p.forward(client, server)
		go p.reply(server, client)
	}
}

// forward carries requests.
func (p *Proxy) forward(client, server net.Conn) {
	defer p.hangUp(client, server)
	buffer := make([]byte, 32<<10)
	var seen []byte // the end of what was sent before, because a request may come in pieces
	for {
		n, err := client.Read(buffer)
		if n > 0 {
			seen = p.look(append(seen, buffer[:n]...))
			if _, err := server.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// look begins to lose replies when the request that was waited for has come, before the server sees it. It returns what
// to put in front of the next piece.
func (p *Proxy) look(sent []byte) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fault != lostReply {
		return nil
	}
	if bytes.Contains(sent, p.request) {
		p.fault = lostReplies
		return nil
	}
	return bytes.Clone(sent[max(0, len(sent)-len(p.request)+1):])
}

// reply carries answers, or loses them.
func (p *Proxy) reply(server, client net.Conn) {
	defer p.hangUp(client, server)
	buffer := make([]byte, 32<<10)
	for {
		n, err := server.Read(buffer)
		f, silence := p.state()
		switch {
		case f == lostReplies && n > 0:
			p.mu.Lock()
			p.lost++
			p.mu.Unlock()
			return
		case f == lostReplies:
			return
		case f == silent:
			<-silence
		}
		if n > 0 {
			if _, err := client.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (p *Proxy) track(connections ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range connections {
		if p.closed {
			_ = c.Close()
			continue
		}
		p.open[c] = struct{}{}
	}
	return !p.closed
}

func (p *Proxy) hangUp(connections ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range connections {
		_ = c.Close()
		delete(p.open, c)
	}
}

func (p *Proxy) close() {
	_ = p.listener.Close()
	p.Heal()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for c := range p.open {
		_ = c.Close()
	}
}
