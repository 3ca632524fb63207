package postgres

import (
	"context"
	"net"
	"time"
)

// networkLimit is how long the network may be silent: longer than the server takes to give up by itself, and to say so.
func networkLimit(timeout time.Duration) time.Duration { return timeout*5/4 + time.Second }

// dialer makes connections that give up on a silent network. The driver asks the server to cancel when a context ends,
// but keeps reading until the server answers: without a deadline, a server that vanished would hold the caller for ever.
type dialer struct{ limit time.Duration }

func (d dialer) Dial(network, address string) (net.Conn, error) {
	return d.DialContext(context.Background(), network, address)
}

func (d dialer) DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return d.DialContext(ctx, network, address)
}

func (d dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := (&net.Dialer{Timeout: d.limit}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c, limit: d.limit}, nil
}

// conn gives every read and write its own deadline. The driver reads only while it waits for an answer, so an idle
// connection meets none.
type conn struct {
	net.Conn
	limit time.Duration
}

func (c *conn) Read(b []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(c.limit)); err != nil {
		return 0, err
	}
	return c.Conn.Read(b)
}

func (c *conn) Write(b []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(c.limit)); err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
}
