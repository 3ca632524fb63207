package value_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/mapping/value"
)

// The submissions of these tests were made on Monday, 2 March 2026.
func TestDates(t *testing.T) {
	t.Parallel()
	wrong := fault("type.date")
	checkTypes(t, "date", nil, nil, []pair{
		{"2026-03-02", "2026-03-02"}, {"2026/3/2", "2026-03-02"}, {"2026.03.02", "2026-03-02"}, {"2026 3 2", "2026-03-02"}, {"20260302", "2026-03-02"}, {"2026. 3. 2.", "2026-03-02"},
		{"2026年3月2日", "2026-03-02"}, {"2026년 3월 2일", "2026-03-02"}, {"٢٠٢٦-٠٣-٠٢", "2026-03-02"}, {"２０２６/０３/０２", "2026-03-02"}, {"2024-02-29", "2024-02-29"},
		{"2026-03-02T23:30:00-05:00", "2026-03-02"}, {"2026-03-02T23:30", "2026-03-02"}, {"2026-03-02 23:30:00.123 UTC", "2026-03-02"}, {"20260302T233000", wrong}, {"2026-03-02T23:30:00Z", "2026-03-02"},
		{"3 April 2026", "2026-04-03"}, {"April 3rd, 2026", "2026-04-03"}, {"3. April 2026", "2026-04-03"}, {"le 3 avril 2026", "2026-04-03"}, {"3 de abril de 2026", "2026-04-03"}, {"15 марта 2026", "2026-03-15"},
		{"٣ أبريل ٢٠٢٦", "2026-04-03"}, {"Monday, 2 March 2026", "2026-03-02"}, {"tomorrow", "2026-03-03"}, {"mañana", "2026-03-03"}, {"morgen", "2026-03-03"}, {"in 2 weeks", "2026-03-16"}, {"3 days ago", "2026-02-27"}, {"明日", "2026-03-03"},
		{"2026-02-29", wrong}, {"2026-13-01", wrong}, {"2026-00-10", wrong}, {"0000-01-01", wrong}, {"03/04/2026", wrong}, {"3.4.26", wrong}, {"26-03-02", wrong}, {"Fri 03/04/2026", wrong}, {"3 April 26", wrong},
		{"3 April", wrong}, {"Friday", wrong}, {"April 2026", wrong}, {"2026", wrong}, {"2 weeks", wrong}, {"11h", wrong}, {"10:30", wrong}, {"Q3 2026", wrong}, {"2026-W10", wrong}, {"next month", wrong}, {"31 April 2026", wrong},
		{"as soon as possible", wrong}, {"tbd", wrong}, {"-", wrong}, {number("1767225600"), wrong}, {number("20260302"), "2026-03-02"}, {huge, wrong}, {"2026-03-02 nonsense", wrong}, {"2026-03-02T25:00", wrong}, {strings.Repeat("1 April 2026 ", 20), wrong},
	})
	checkTypes(t, "date", opts{"order": "dmy"}, nil, []pair{
		{"3.4.2026", "2026-04-03"}, {"03/04/2026", "2026-04-03"}, {"3-4-2026", "2026-04-03"}, {"3 4 2026", "2026-04-03"}, {"03. 04. 2026", "2026-04-03"}, {"2026-04-03", "2026-04-03"}, {"3.4.2026 17:00", "2026-04-03"},
		{"03.04.26", "2026-04-03"}, {"31.12.99", "1999-12-31"}, {"31.12.45", "2045-12-31"}, {"31.12.46", "1946-12-31"}, {"3 April 26", "2026-04-03"}, {"3-Apr-99", "1999-04-03"}, {"Fri 03/04/2026", "2026-04-03"},
		{"31-4-2026", wrong}, {"4/13/2026", wrong}, {"3.4.", wrong}, {"3.4.026", wrong}, {"1.2.3.4", wrong}, {"2026-4-31", wrong}, {"123.4.2026", wrong},
	})
	checkTypes(t, "date", opts{"order": "mdy"}, nil, []pair{{"3/4/2026", "2026-03-04"}, {"3/4/26", "2026-03-04"}, {"13/4/2026", wrong}, {"2026-03-04", "2026-03-04"}, {"3/4/2026, 5:00 PM", "2026-03-04"}})
	checkTypes(t, "date", opts{"order": "ymd"}, nil, []pair{{"2026-3-4", "2026-03-04"}, {"3/4/2026", wrong}})
	checkTypes(t, "date", opts{"incomplete": "next"}, nil, []pair{{"3 April", "2026-04-03"}, {"1 March", "2027-03-01"}, {"Friday", "2026-03-06"}, {"2 weeks", "2026-03-16"}, {"April", wrong}, {"10:30", wrong}})
	checkTypes(t, "date", opts{"incomplete": "last"}, nil, []pair{{"3 April", "2025-04-03"}, {"1 March", "2026-03-01"}, {"Friday", "2026-02-27"}})
	checkTypes(t, "date", opts{"languages": []any{"de"}}, nil, []pair{{"3. Mai 2026", "2026-05-03"}, {"3 mai 2026", "2026-05-03"}, {"le 3 avril 2026", wrong}})
	checkTypes(t, "date", opts{"time_zone": "Pacific/Auckland"}, nil, []pair{{"today", "2026-03-02"}, {"2026-03-02T23:30:00Z", "2026-03-03"}, {"2026-03-02 23:30", "2026-03-02"}})
	checkTypes(t, "date", opts{"zone_from": "tz"}, map[string]string{"tz": "+14:00"}, []pair{{"2026-03-02T23:30:00Z", "2026-03-03"}})
	checkTypes(t, "date", opts{"zone_from": "tz"}, map[string]string{"tz": "Nowhere/City"}, []pair{{"2026-03-02T23:30:00Z", "2026-03-02"}})
}

// What "today" is depends on the submission and on nothing else: without its time, words that need it mean nothing.
func TestDaysInWordsNeedTheSubmission(t *testing.T) {
	t.Parallel()
	_, reader := newReader(t, "date", nil)
	for _, text := range []string{"tomorrow", "3 April 2026"} {
		_, wrong := reader.Text(text, nil)
		require.Equal(t, "type.date", wrong.Code)
	}
	lateInAuckland := &value.Env{Submitted: time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)}
	_, there := newReader(t, "date", opts{"time_zone": "Pacific/Auckland"})
	got, wrong := there.Text("today", lateInAuckland)
	require.Zero(t, wrong)
	require.Equal(t, "2026-03-03", got)
	_, short := newReader(t, "date", opts{"order": "dmy"})
	_, wrong = short.Text("3.4.26", nil)
	require.Equal(t, "type.date", wrong.Code, "which century")
}

func TestMoments(t *testing.T) {
	t.Parallel()
	wrong := fault("type.datetime")
	checkTypes(t, "datetime", nil, nil, []pair{
		{"2026-03-02T09:30:00Z", "2026-03-02T09:30:00Z"}, {"2026-03-02T09:30:00.250+01:00", "2026-03-02T08:30:00.25Z"}, {"2026-03-02 09:30 -0500", "2026-03-02T14:30:00Z"}, {"2026-03-02 09:30 GMT+2", "2026-03-02T07:30:00Z"},
		{"2026/03/02 9:30 PM UTC", "2026-03-02T21:30:00Z"}, {"2026-03-02T12:00 am Z", "2026-03-02T00:00:00Z"}, {"3 April 2026 17:00 +0200", "2026-04-03T15:00:00Z"}, {"1 hour ago", wrong},
		{"2026-03-02T09:30:00", wrong}, {"2026-03-02", wrong}, {"2026-03-02T24:00:00Z", wrong}, {"2026-03-02T09:60:00Z", wrong}, {"2026-03-02T09:30:00+25:00", wrong}, {"2026-03-02T9:3Z", wrong}, {"2026-03-02 13 PM Z", wrong},
		{"2026-03-02T09:30:00 IST", wrong}, {"3 April 2026 5pm CST", wrong}, {"tomorrow", wrong}, {"1767225600", wrong}, {"now", wrong}, {"", nil}, {huge, wrong}, {"2026-03-02T09:30:00.Z", wrong}, {"0001-01-01T00:00:00+14:00", wrong},
	})
	checkTypes(t, "datetime", opts{"time_zone": "Europe/Berlin", "order": "dmy"}, nil, []pair{
		{"2.3.2026 15:04", "2026-03-02T14:04:00Z"}, {"2.7.2026, 15:04:05", "2026-07-02T13:04:05Z"}, {"2026-03-02T15:04Z", "2026-03-02T15:04:00Z"}, {"29.3.2026 02:30", wrong}, {"29.3.2026 03:30", "2026-03-29T01:30:00Z"},
		{"3 April 2026 at 5pm", "2026-04-03T15:00:00Z"}, {"3. April 2026, 17 Uhr", wrong}, {"3. April 2026 17:00", "2026-04-03T15:00:00Z"}, {"3 April 2026", wrong}, {"tomorrow at 17:00", "2026-03-03T16:00:00Z"}, {"tomorrow", wrong},
	})
	checkTypes(t, "datetime", opts{"zone_from": "tz"}, map[string]string{"tz": "Asia/Tokyo"}, []pair{{"2026-03-02 09:30", "2026-03-02T00:30:00Z"}})
	checkTypes(t, "datetime", opts{"zone_from": "tz", "time_zone": "Europe/Berlin"}, map[string]string{"tz": "../../etc/passwd"}, []pair{{"2026-03-02 09:30", "2026-03-02T08:30:00Z"}})
	checkTypes(t, "datetime", opts{"epoch": "seconds"}, nil, []pair{{number("1772443800"), "2026-03-02T09:30:00Z"}, {"999999999999999", wrong}, {"99999999999999999999", wrong}})
	checkTypes(t, "datetime", opts{"epoch": "milliseconds"}, nil, []pair{{number("1772443800250"), "2026-03-02T09:30:00.25Z"}, {"2026-03-02T09:30:00Z", "2026-03-02T09:30:00Z"}})
}
