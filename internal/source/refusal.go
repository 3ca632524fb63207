package source

// Reason says why a request was refused, for logs and metrics. The sender is told none of it.
type Reason string

// Reasons of a failed proof of origin.
const (
	SignatureMissing   Reason = "signature_missing"
	SignatureMalformed Reason = "signature_malformed"
	SignatureMismatch  Reason = "signature_mismatch"
	TimestampMissing   Reason = "timestamp_missing"
	TimestampMalformed Reason = "timestamp_malformed"
	TimestampExpired   Reason = "timestamp_expired"
	TimestampFuture    Reason = "timestamp_future"
	TokenMissing       Reason = "token_missing"
	TokenMismatch      Reason = "token_mismatch"
	HandshakeRejected  Reason = "handshake_rejected"
)

// Refusal is a request whose proof of origin failed.
type Refusal struct {
	Reason Reason
	// Status is what the sender wants to hear; 0 is 401.
	Status int
}

func (r *Refusal) Error() string { return string(r.Reason) }

func refuse(reason Reason) error { return &Refusal{Reason: reason} }

// Unreadable is a request that comes from the sender and is not understood. Detail says what was expected, never what
// came. It is kept for a person: sending it again would not help.
type Unreadable struct{ Detail string }

func (u *Unreadable) Error() string { return u.Detail }

func unreadable(detail string) error { return &Unreadable{detail} }
