package backfill

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"handoff/internal/ledger"
	"handoff/internal/mapping"
	"handoff/internal/submission"
)

// Ledger is what a backfill asks of the ledger.
type Ledger interface {
	BeginBackfill(ctx context.Context, id, source, form string) (ledger.Backfill, error)
	AdvanceBackfill(ctx context.Context, b ledger.Backfill) error
	AcceptBackground(ctx context.Context, deliveries []ledger.Delivery) (int, error)
	KnownOf(ctx context.Context, source, pull string, senderIDs []string) (map[string]bool, error)
}

// Options are one backfill.
type Options struct {
	File     string
	Format   Format
	Source   string
	Form     string // of every row; the column's, or the source's only one, when empty
	Columns  Columns
	Moments  Moments
	Mappings *mapping.Set
	Trace    submission.Trace
	// Ledger is nil for a dry run that does not look whether rows are known.
	Ledger Ledger
	Dry    bool
	Rate   float64 // rows per second that are written at most; 0 is no limit
	// Rejects is where the rejected rows go; beside the file when empty. A dry run writes none.
	Rejects string
	Now     func() time.Time
	// Progress is told after each batch.
	Progress func(Summary)
}

// Summary says what became of the rows.
type Summary struct {
	Format   Format
	Columns  []Column // of a table
	Rows     int64
	Added    int64 // new; in a dry run, what would be
	There    int64 // known already
	Rejected int64
	// Reasons count the rejected rows by reason, Examples are the first lines of each.
	Reasons  map[string]int64
	Examples map[string][]int
	Rejects  string // the file with them; "" where there is none
	Resumed  int64  // how many rows an earlier run had dealt with
	Read     int64  // bytes
	Size     int64
}

const (
	// batchSize is how many rows are written in one statement.
	batchSize = 500
	// mostReasons and mostExamples keep the summary constant in size.
	mostReasons  = 50
	mostExamples = 3
)

// Run reads a file into the ledger. Rows that are known are left alone, and what an interrupted run has written is not
// written again. The summary is right as far as it goes even with an error.
func Run(ctx context.Context, o Options) (summary Summary, err error) {
	file, err := Open(o.File, o.Format)
	if err != nil {
		return Summary{}, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	r := &run{Options: o, file: file, summary: Summary{Format: file.Format, Size: file.Size, Reasons: map[string]int64{}, Examples: map[string][]int{}}}
	if err := r.prepare(); err != nil {
		return r.summary, err
	}
	if !o.Dry {
		if err := r.begin(ctx); err != nil {
			return r.summary, err
		}
	}
	err = r.all(ctx)
	if closing := r.rejects.close(); closing != nil {
		err = errors.Join(err, closing)
	}
	if r.rejects.file != nil {
		r.summary.Rejects = r.rejects.name
	}
	return r.summary, err
}

type run struct {
	Options
	file    *File
	reader  *reader
	rejects *rejects
	note    ledger.Backfill
	limit   *rate.Limiter
	batch   []ledger.Delivery
	summary Summary
}

func (r *run) prepare() error {
	form := r.Form
	var reads []string
	for _, m := range r.Mappings.All() {
		if slices.Contains(m.Sources(), r.Source) && (form == "" || slices.Contains(m.Forms(), form)) {
			reads = append(reads, m.Reads()...)
		}
	}
	slices.Sort(reads)
	reads = slices.Compact(reads)
	if len(reads) == 0 {
		return fmt.Errorf("no mapping serves form %q of source %q: rows would wait in review", form, r.Source)
	}
	r.reader = &reader{
		source: r.Source, form: form, named: r.Columns, moments: r.Moments, mappings: r.Mappings, received: r.Now().UTC(), trace: r.Trace,
		contentType: "text/csv",
	}
	// Answers of old must not overwrite what people have said since (I5): without a time of its own, a row is as old as
	// its file.
	if r.reader.otherwise = r.file.Changed.UTC(); r.reader.otherwise.After(r.reader.received) {
		r.reader.otherwise = r.reader.received
	}
	if header := r.file.header(); header != nil {
		columns, err := r.Columns.match(header, reads)
		if err != nil {
			return err
		}
		if form == "" && !slices.ContainsFunc(columns, func(c Column) bool { return c.Role == "form" }) {
			return errors.New("want --form, or a column that names the form of each row")
		}
		r.reader.columns, r.summary.Columns = columns, columns
	} else {
		r.reader.contentType = "application/json"
	}
	name := r.Rejects
	if name == "" {
		name = RejectsName(r.File, r.file.Format.Kind)
	}
	if same, err := samePlace(name, r.File); err != nil || same {
		return errors.Join(err, fmt.Errorf("the rejected rows would take the place of %s; --rejects names another file", r.File))
	}
	r.rejects = &rejects{name: name, header: r.file.header()}
	if r.Rate > 0 {
		r.limit = rate.NewLimiter(rate.Limit(r.Rate), batchSize)
	}
	return nil
}

func samePlace(a, b string) (bool, error) {
	one, err := filepath.Abs(a)
	if err != nil {
		return false, err
	}
	other, err := filepath.Abs(b)
	return one == other, err
}

// begin finds out how far an earlier run came with the same file, read in the same way.
func (r *run) begin(ctx context.Context) error {
	sum, err := hashFile(r.File)
	if err != nil {
		return err
	}
	how := fmt.Sprint(sum, r.Source, r.Form, r.file.Format, r.Columns, r.Moments.Order, r.Moments.zone())
	hash := sha256.Sum256([]byte(how))
	id := "backfill-" + hex.EncodeToString(hash[:12])
	r.reader.event = id
	if r.note, err = r.Ledger.BeginBackfill(ctx, id, r.Source, r.Form); err != nil {
		return err
	}
	if r.note.Ended { // somebody wants it read again: rows that are known are left alone
		r.note = ledger.Backfill{ID: id, Source: r.Source, Form: r.Form}
	}
	r.summary.Resumed = r.note.Rows
	r.summary.Added, r.summary.There = r.note.Added, r.note.There
	return nil
}

func hashFile(name string) (string, error) {
	file, err := os.Open(name)
	if err != nil {
		return "", fmt.Errorf("open the file: %w", err)
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return "", fmt.Errorf("read the file: %w", err)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// all deals with every row. Those that an earlier run has written are read again only for the file of rejected rows.
func (r *run) all(ctx context.Context) error {
	for {
		row, err := r.file.next()
		if errors.Is(err, io.EOF) {
			return r.flush(ctx, true)
		}
		if err != nil {
			return errors.Join(err, r.flush(ctx, false))
		}
		r.summary.Rows++
		delivery, reasons := r.reader.read(row)
		if len(reasons) > 0 {
			if err := r.reject(row, reasons); err != nil {
				return err
			}
		} else if r.summary.Rows > r.summary.Resumed {
			r.batch = append(r.batch, delivery)
		}
		if len(r.batch) == batchSize || r.summary.Rows%(20*batchSize) == 0 {
			if err := r.flush(ctx, false); err != nil {
				return err
			}
		}
	}
}

func (r *run) reject(row Row, reasons []reason) error {
	r.summary.Rejected++
	for _, reason := range reasons {
		text := string(reason)
		if _, known := r.summary.Reasons[text]; !known && len(r.summary.Reasons) >= mostReasons {
			text = "other reasons"
		}
		r.summary.Reasons[text]++
		if len(r.summary.Examples[text]) < mostExamples {
			r.summary.Examples[text] = append(r.summary.Examples[text], row.Line)
		}
	}
	if r.Dry {
		return nil
	}
	return r.rejects.add(row, reasons)
}

// flush writes the batch and notes how far the file has been read.
func (r *run) flush(ctx context.Context, end bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	defer func() {
		r.batch = r.batch[:0]
		r.summary.Read = r.file.Read()
		if r.Progress != nil {
			r.Progress(r.summary)
		}
	}()
	if r.Dry {
		return r.count(ctx)
	}
	n := len(r.batch)
	if r.limit != nil && n > 0 {
		if err := r.limit.WaitN(ctx, n); err != nil {
			return err
		}
	}
	if n > 0 {
		added, err := r.Ledger.AcceptBackground(ctx, r.batch)
		if err != nil {
			return err
		}
		r.summary.Added += int64(added)
		r.summary.There += int64(n - added)
	}
	if r.summary.Rows <= r.summary.Resumed && !end {
		return nil
	}
	r.note.Rows, r.note.Added, r.note.There, r.note.Rejected, r.note.Ended = r.summary.Rows, r.summary.Added, r.summary.There, r.summary.Rejected, end
	return r.Ledger.AdvanceBackfill(ctx, r.note)
}

// count says what a batch would be.
func (r *run) count(ctx context.Context) error {
	if r.Ledger == nil {
		r.summary.Added += int64(len(r.batch))
		return nil
	}
	ids := make([]string, len(r.batch))
	for i, d := range r.batch {
		ids[i] = d.Submission.SenderID
	}
	known, err := r.Ledger.KnownOf(ctx, r.Source, "", ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if _, there := known[id]; there {
			r.summary.There++
		} else {
			r.summary.Added++
		}
	}
	return nil
}

// Unmapped are the columns that no rule reads.
func (s Summary) Unmapped() (names []string) {
	for _, c := range s.Columns {
		if c.Role == "" && !c.Mapped && c.Answer != "" {
			names = append(names, strings.TrimSpace(c.Header))
		}
	}
	return names
}
