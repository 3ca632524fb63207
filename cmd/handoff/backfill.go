package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"handoff/internal/backfill"
	"handoff/internal/config"
	"handoff/internal/mapping"
	"handoff/internal/reload"
	"handoff/internal/yamlfile"
)

// backfillCommand is `handoff backfill`.
type backfillCommand struct {
	env                            environ
	source, form                   string
	columns                        []string
	columnsFile                    string
	id, submittedAt, formColumn    string
	order, zone                    string
	format, encoding, delim, sheet string
	rate                           float64
	rejects                        string
	dry                            bool
}

func newBackfill(env environ) *cobra.Command {
	b := &backfillCommand{env: env}
	cmd := &cobra.Command{
		Use:   "backfill FILE",
		Short: "Read submissions from a file: CSV, JSON Lines, JSON or a spreadsheet",
		Long: `Reads a file of submissions into the ledger, from where they are processed like any other, after those that people wait for. How the file
is written is found out. A row is the same submission however often it is read: a backfill that was interrupted goes on where it was, and
one that is repeated changes nothing. Rows that the mapping would refuse go to a file of their own, with the reasons; correct them there
and read that file.`,
		Example: `  handoff backfill leads.csv --source website --form demo-request --dry-run
  handoff backfill leads.csv --source website --form demo-request --column "Your name=name"
  handoff backfill leads.csv.rejected.csv --source website --form demo-request`,
		Args: arguments(cobra.ExactArgs(1), "want one file"),
		RunE: finding(func(cmd *cobra.Command, args []string) (bool, error) { return b.run(cmd, args[0]) }),
	}
	flags := cmd.Flags()
	flags.StringVar(&b.source, "source", "", "the source that the submissions are of")
	flags.StringVar(&b.form, "form", "", "the form of every row, where no column names it")
	flags.StringArrayVar(&b.columns, "column", nil, "what a column is called as an answer, as \"E-mail address=email\"; may be given several times")
	flags.StringVar(&b.columnsFile, "columns", "", "a YAML file with such names, a column per line")
	flags.StringVar(&b.id, "id", "", "the column with the sender's submission id; found by its name when left out")
	flags.StringVar(&b.submittedAt, "submitted-at", "", "the column with the moment of submission; found by its name when left out")
	flags.StringVar(&b.formColumn, "form-column", "", "the column with the form; found by its name when left out")
	flags.StringVar(&b.order, "date-order", "", "the order of figures in moments: dmy or mdy")
	flags.StringVar(&b.zone, "time-zone", "UTC", "the time zone of moments without one, such as Europe/Berlin")
	flags.StringVar(&b.format, "format", "", "csv, jsonl, json or xlsx; found out when left out")
	flags.StringVar(&b.encoding, "encoding", "", "utf-8, utf-16le, utf-16be or windows-1252; found out when left out")
	flags.StringVar(&b.delim, "delimiter", "", "what is between cells: , ; | or tab; found out when left out")
	flags.StringVar(&b.sheet, "sheet", "", "the sheet of a spreadsheet; the first when left out")
	flags.Float64Var(&b.rate, "rate", 0, "rows per second that are written at most; 0 is no limit. How many are processed at once is relay.background in the configuration")
	flags.StringVar(&b.rejects, "rejects", "", "where rejected rows go; FILE.rejected.csv or .jsonl when left out")
	flags.BoolVar(&b.dry, "dry-run", false, "say what would be done, and write nothing")
	return cmd
}

func (b *backfillCommand) run(cmd *cobra.Command, file string) (bool, error) {
	c, err := b.env.sources()
	if err != nil {
		return false, err
	}
	options, err := b.options(c)
	if err != nil {
		return false, err
	}
	options.File = file
	store, err := openLedger(cmd.Context())
	switch {
	case err == nil:
		defer store.Close()
		options.Ledger = store
	case !b.dry:
		return false, err
	default:
		fmt.Fprintln(cmd.ErrOrStderr(), "The ledger is not asked which rows are known:", firstLine(err))
	}
	show, done := following(cmd)
	options.Progress = show
	summary, err := backfill.Run(cmd.Context(), options)
	done()
	var columns *backfill.ColumnsError
	switch {
	case errors.As(err, &columns):
		return false, fmt.Errorf("%s: the columns are not clear:\n  %s", file, strings.Join(columns.Problems, "\n  "))
	case errors.Is(err, context.Canceled):
		printBackfill(cmd.OutOrStdout(), summary, b.dry)
		return false, errors.New("interrupted; run the same command again, and it goes on here")
	case err != nil:
		return false, fmt.Errorf("%w\nRun the same command again, and it goes on where it was", err)
	}
	printBackfill(cmd.OutOrStdout(), summary, b.dry)
	return summary.Rejected == 0, nil
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// options checks what was asked for; its error says everything that is wrong.
func (b *backfillCommand) options(c *config.Config) (backfill.Options, error) {
	o := backfill.Options{
		Source: b.source, Form: b.form, Rate: b.rate, Rejects: b.rejects, Dry: b.dry, Now: time.Now,
		Format:  backfill.Format{Kind: b.format, Encoding: b.encoding, Sheet: b.sheet},
		Columns: backfill.Columns{Answers: map[string]string{}, ID: b.id, SubmittedAt: b.submittedAt, Form: b.formColumn},
	}
	var problems []error
	if b.source == "" {
		problems = append(problems, fmt.Errorf("want --source, one of: %s", strings.Join(slices.Sorted(maps.Keys(c.Sources)), ", ")))
	} else if s, ok := c.Sources[b.source]; !ok {
		problems = append(problems, errors.New("--source: "+yamlfile.Unknown("source", b.source, slices.Collect(maps.Keys(c.Sources)))))
	} else {
		o.Trace = s.Trace
	}
	if b.columnsFile != "" {
		problems = append(problems, readColumns(b.columnsFile, o.Columns.Answers))
	}
	for _, pair := range b.columns {
		column, answer, ok := strings.Cut(pair, "=")
		if !ok || column == "" || answer == "" {
			problems = append(problems, fmt.Errorf("--column %q: want COLUMN=ANSWER, as \"E-mail address=email\"", pair))
			continue
		}
		o.Columns.Answers[column] = answer
	}
	switch b.order {
	case "", "dmy", "mdy":
		o.Moments.Order = b.order
	default:
		problems = append(problems, fmt.Errorf("--date-order %q: want dmy or mdy", b.order))
	}
	zone, err := time.LoadLocation(b.zone)
	if err != nil {
		problems = append(problems, fmt.Errorf("--time-zone %q: want a name such as Europe/Berlin", b.zone))
	}
	o.Moments.Zone = zone
	switch b.delim {
	case "":
	case ",", ";", "|", "\t":
		o.Format.Delimiter = rune(b.delim[0])
	case "tab", `\t`:
		o.Format.Delimiter = '\t'
	default:
		problems = append(problems, fmt.Errorf("--delimiter %q: want one of , ; | or tab", b.delim))
	}
	if b.rate < 0 {
		problems = append(problems, errors.New("--rate: want rows per second, or 0 for no limit"))
	}
	var mappingErr error
	o.Mappings, mappingErr = mapping.Load(reload.Dir(c.Mappings))
	return o, errors.Join(append(problems, mappingErr)...)
}

// readColumns reads names of columns from a YAML file.
func readColumns(name string, into map[string]string) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("--columns: %w", err)
	}
	file, problems := yamlfile.Parse(name, data)
	if len(problems) == 0 {
		problems = file.Decode(&into)
	}
	return problems.Err()
}
