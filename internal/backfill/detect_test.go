package backfill_test

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"handoff/internal/backfill"
)

func gzipped(data string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(data))
	_ = w.Close()
	return b.Bytes()
}

func encoded(t testing.TB, name, text string) []byte {
	t.Helper()
	switch name {
	case "windows-1252":
		data, err := charmap.Windows1252.NewEncoder().String(text)
		require.NoError(t, err)
		return []byte(data)
	case "utf-16le":
		data, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(text)
		require.NoError(t, err)
		return []byte(data)
	case "utf-16be without a mark":
		data, err := unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewEncoder().String(text)
		require.NoError(t, err)
		return []byte(data)
	}
	return []byte(text)
}

// TestHowAFileIsWrittenIsFoundOut: every file holds the same submission.
func TestHowAFileIsWrittenIsFoundOut(t *testing.T) {
	t.Parallel()
	const table = "Submission ID,E-Mail,First name,Submitted at\r\n7,zoë@example.com,\"Zoë, the\nsecond\",2026-03-02 10:00:00\r\n"
	with := func(delimiter string) string { // the comma in the quoted cell stays
		return strings.NewReplacer(", the", ", the", ",", delimiter).Replace(table)
	}
	object := `{"submission_id":"7","email":"zoë@example.com","firstname":"Zoë, the\nsecond","submitted_at":"2026-03-02T10:00:00Z"}`
	sheet := func() []byte {
		f := excelize.NewFile()
		require.NoError(t, f.SetSheetRow("Sheet1", "A2", &[]any{"Submission ID", "E-Mail", "First name", "Submitted at"}))
		require.NoError(t, f.SetSheetRow("Sheet1", "A4", &[]any{7, "zoë@example.com", "Zoë, the\nsecond", time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)}))
		var b bytes.Buffer
		require.NoError(t, f.Write(&b))
		return b.Bytes()
	}
	for name, c := range map[string]struct {
		data []byte
		read string
	}{
		"commas":                  {[]byte(table), "CSV with commas, utf-8"},
		"semicolons":              {[]byte(with(";")), "CSV with semicolons, utf-8"},
		"tabs":                    {[]byte(with("\t")), "CSV with tabs, utf-8"},
		"bars":                    {[]byte(with("|")), "CSV with bars, utf-8"},
		"a mark":                  {[]byte("\ufeff" + table), "CSV with commas, utf-8"},
		"windows-1252":            {encoded(t, "windows-1252", table), "CSV with commas, windows-1252"},
		"utf-16le":                {encoded(t, "utf-16le", table), "CSV with commas, utf-16le"},
		"utf-16be without a mark": {encoded(t, "utf-16be without a mark", table), "CSV with commas, utf-16be"},
		"compressed":              {gzipped(table), "CSV with commas, utf-8, compressed"},
		"lines":                   {[]byte("\n" + object + "\n\n"), "JSON Lines, utf-8"},
		"a list":                  {[]byte(" [" + object + "]\n"), "a list in JSON, utf-8"},
		"a spreadsheet":           {sheet(), "a spreadsheet, sheet Sheet1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := openLedger(t)
			o := options(t, write(t, "file", c.data))
			o.Dry, o.Ledger = false, l
			summary, err := backfill.Run(t.Context(), o)
			require.NoError(t, err)
			require.Equal(t, c.read, summary.Format.String())
			require.EqualValues(t, 1, summary.Added, summary.Reasons)
			got, ok := stored(t, l)["7"]
			require.True(t, ok)
			require.Equal(t, "zoë@example.com", got.Payload.Answers["email"])
			require.Equal(t, "Zoë, the\nsecond", got.Payload.Answers["firstname"])
			require.Equal(t, time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC), got.Submission.SubmittedAt)
		})
	}
}

func TestFilesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		data   string
		change func(*backfill.Options)
		want   string
	}{
		"nothing":            {"", nil, "the file is empty"},
		"no names":           {"email,,phone\na@b.example,1,2\n", nil, "column 2 has no name"},
		"a name twice":       {"email,Phone,Phone\n", nil, `two columns are called "Phone"`},
		"one answer twice":   {"email,First name,firstname\n", nil, `columns "First name" and "firstname" would both be the answer "firstname"; say which one is, as with --column "firstname=firstname"`},
		"unknown column":     {"email,phone\n", func(o *backfill.Options) { o.Columns.Answers["Phon"] = "phone" }, `--column: unknown column "Phon"; did you mean "phone"?`},
		"unknown id":         {"email,phone\n", func(o *backfill.Options) { o.Columns.ID = "Lead" }, `--id: unknown column "Lead"; want one of: email, phone`},
		"unknown encoding":   {"email\n", func(o *backfill.Options) { o.Format.Encoding = "ebcdic" }, `unknown encoding "ebcdic"; want utf-8, utf-16le, utf-16be or windows-1252`},
		"unknown format":     {"email\n", func(o *backfill.Options) { o.Format.Kind = "parquet" }, `unknown format "parquet"; want csv, jsonl, json or xlsx`},
		"no form":            {"email\n", func(o *backfill.Options) { o.Form = "" }, "want --form, or a column that names the form of each row"},
		"no mapping":         {"email\n", func(o *backfill.Options) { o.Form = "webinar" }, `no mapping serves form "webinar" of source "website"`},
		"no spreadsheet":     {"PK\x03\x04broken", nil, "read the spreadsheet"},
		"half a list":        {`[{"email":"a@b.example"}`, nil, "after element 1: the list does not end with ]"},
		"broken in a list":   {`[{"email":"a@b.example"},{"email":]`, nil, "element 2 is no JSON: the rest of the file cannot be read"},
		"half a compression": {string(gzipped("email\na@b.example\n")[:20]), nil, "unexpected EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options(t, write(t, "file", []byte(c.data)))
			if c.change != nil {
				c.change(&o)
			}
			_, err := backfill.Run(t.Context(), o)
			require.ErrorContains(t, err, c.want)
		})
	}
	_, err := backfill.Run(t.Context(), options(t, filepath.Join(t.TempDir(), "nowhere.csv")))
	require.ErrorIs(t, err, os.ErrNotExist)
}

// FuzzFiles: no file makes a backfill panic, run forever, or lose count.
func FuzzFiles(f *testing.F) {
	for _, seed := range []string{
		"email,phone\na@b.example,030 123456\n", "email;phone\n\"a;b\";\n", "\ufeffemail\n\xff\n", `{"email":"a@b.example"}` + "\n{", `[{"email":1},[]]`, "\xff\xfee\x00m\x00",
		"PK\x03\x04", "\x1f\x8b\x08", "a\"b\nc\"d,\"\n", "email\n\n\n ,\n",
	} {
		f.Add([]byte(seed))
	}
	set := mappings(f)
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := os.CreateTemp(dir, "fuzz")
		require.NoError(t, err)
		defer os.Remove(file.Name())
		_, err = file.Write(data)
		require.NoError(t, err)
		require.NoError(t, file.Close())
		s, err := backfill.Run(t.Context(), backfill.Options{
			File: file.Name(), Source: "website", Form: "contact", Mappings: set, Dry: true, Now: func() time.Time { return now },
		})
		if err == nil {
			require.Equal(t, s.Rows, s.Added+s.There+s.Rejected)
		}
	})
}
