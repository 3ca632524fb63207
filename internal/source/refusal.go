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
)

// Refusal is a request whose proof of origin failed.
type Refusal struct{ Reason Reason }

func (r *Refusal) Error() string { return string(r.Reason) }

func refuse(reason Reason) error { return &Refusal{reason} }

// Malformed is a verified request that cannot be read. Detail says what was expected, never what came.
type Malformed struct{ Detail string }

func (m *Malformed) Error() string { return m.Detail }
