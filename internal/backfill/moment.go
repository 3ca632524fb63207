package backfill

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Moments are how a file writes moments.
type Moments struct {
	Order string         // dmy or mdy; "" where figures begin with the year
	Zone  *time.Location // of moments without one
}

// clocks may follow a day.
var clocks = []string{"", " 15:04:05", " 15:04", "T15:04:05", "T15:04", " 3:04:05 PM", " 3:04 PM", " 3:04PM", ", 15:04", ", 3:04 PM"}

// parse reads a moment. Figures that may be two days are none: guessing would turn 3 April into 4 March.
func (m Moments) parse(text string) (time.Time, error) {
	text = strings.TrimSpace(text)
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05.999999 MST", time.RFC1123Z, time.RFC1123} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC(), nil
		}
	}
	days := []string{"2006-1-2", "2006/1/2", "2 January 2006", "2 Jan 2006", "January 2, 2006", "Jan 2, 2006"}
	switch m.Order {
	case "dmy":
		days = append(days, "2.1.2006", "2/1/2006", "2-1-2006", "2.1.06", "2/1/06")
	case "mdy":
		days = append(days, "1/2/2006", "1-2-2006", "1/2/06")
	}
	for _, day := range days {
		for _, clock := range clocks {
			if at, err := time.ParseInLocation(day+clock, text, m.zone()); err == nil {
				return at.UTC(), nil
			}
		}
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && n > 0 {
		switch len(text) {
		case 10:
			return time.Unix(n, 0).UTC(), nil
		case 13:
			return time.UnixMilli(n).UTC(), nil
		}
	}
	if m.Order == "" {
		return time.Time{}, fmt.Errorf("no moment such as 2026-01-31 15:04:05; --date-order dmy or mdy reads 31/1/2026 or 1/31/2026")
	}
	return time.Time{}, fmt.Errorf("no moment such as 2026-01-31 15:04:05, nor one in the order %s", m.Order)
}

func (m Moments) zone() *time.Location {
	if m.Zone == nil {
		return time.UTC
	}
	return m.Zone
}
