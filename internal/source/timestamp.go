package source

import (
	"net/http"
	"strconv"
	"time"
)

// defaultTolerance is how far a signed time may be from ours, either way, where a sender's documentation does not say.
const defaultTolerance = 5 * time.Minute

// checkTimestamp refuses a time that is further from now than the tolerance, in either direction.
func checkTimestamp(text string, unit, tolerance time.Duration, now time.Time) error {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > int64(1<<62)/int64(unit) {
		return refuse(TimestampMalformed)
	}
	stamp := time.Unix(0, n*int64(unit))
	switch age := now.Sub(stamp); {
	case age > tolerance:
		return refuse(TimestampExpired)
	case age < -tolerance:
		return refuse(TimestampFuture)
	}
	return nil
}

// stampOf is a time as senders sign it.
func stampOf(at time.Time, unit time.Duration) string {
	return strconv.FormatInt(at.UnixNano()/int64(unit), 10)
}

// repeated says that a header has several lines: which of them counts is then a matter of who reads it.
func repeated(header http.Header, name string) bool { return len(header.Values(name)) > 1 }

// millisecondsFrom is where a number of seconds becomes implausible: it would be the year 5138.
const millisecondsFrom = 100_000_000_000

// layouts are the ways in which senders write a time, besides numbers. Those without a zone are in UTC.
var layouts = [...]string{time.RFC3339Nano, "2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05"}

// parseTime reads seconds or milliseconds since 1970, or a time in one of the layouts.
func parseTime(text string) (time.Time, error) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		if n >= millisecondsFrom {
			return time.UnixMilli(n).UTC(), nil
		}
		return time.Unix(n, 0).UTC(), nil
	}
	var at time.Time
	var err error
	for _, layout := range layouts {
		if at, err = time.Parse(layout, text); err == nil {
			return at.UTC(), nil
		}
	}
	return time.Time{}, err
}

// timeOf reads a time that a sender may leave out or write in a way of its own: then it is not known.
func timeOf(text string) time.Time {
	at, err := parseTime(text)
	if text == "" || err != nil || at.Unix() <= 0 {
		return time.Time{}
	}
	return at
}
