package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"handoff/internal/config"
	"handoff/internal/crm"
	"handoff/internal/mappingtool/folder"
	"handoff/internal/mappingtool/screen"
)

// asWorker is the configuration with which a worker would ask a destination.
func asWorker(destination string) (*config.Config, error) {
	c, err := config.Load(config.Path(os.Environ()), os.Environ(), config.ProgramWorker)
	if err != nil {
		return nil, fmt.Errorf("the CRM is asked as a worker would ask it, which needs:\n%w", err)
	}
	return c, oneOf("destination", destination, slices.Sorted(maps.Keys(c.Destinations)))
}

// askKey reads what identifies records from standard input, and tells a person who sits there what is wanted. More than the
// key can be read from in.
func askKey(cmd *cobra.Command) (key crm.Fields, in *bufio.Reader, err error) {
	in = bufio.NewReader(io.LimitReader(cmd.InOrStdin(), 1<<16))
	if file, ok := cmd.InOrStdin().(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		fmt.Fprintln(cmd.ErrOrStderr(), "What identifies the records, one field=value on each line; an empty line ends it:")
	}
	key, err = readKey(in)
	return key, in, err
}

// readKey reads fields with their values up to an empty line. What it says of a mistake holds no value.
func readKey(in *bufio.Reader) (crm.Fields, error) {
	key := crm.Fields{}
	for number := 1; ; number++ {
		line, err := in.ReadString('\n')
		if line = strings.TrimSpace(line); line == "" {
			break
		}
		field, value, ok := strings.Cut(line, "=")
		field, value = strings.TrimSpace(field), strings.TrimSpace(value)
		switch _, twice := key[field]; {
		case !ok || field == "" || value == "":
			return nil, fmt.Errorf("standard input, line %d: want field=value, such as email=name@example.com", number)
		case twice:
			return nil, fmt.Errorf("standard input, line %d: a field is named twice", number)
		}
		key[field] = value
		if err != nil {
			break
		}
	}
	if len(key) == 0 {
		return nil, errors.New("standard input names no record; want lines of field=value, such as email=name@example.com")
	}
	return key, nil
}

// fieldsToRead are the fields that were asked for, or else those that the mappings write to the object, after first.
func fieldsToRead(c *config.Config, destination, object string, asked, first []string) ([]string, error) {
	var fields []string
	add := func(field string) {
		if field = strings.TrimSpace(field); field != "" && !slices.Contains(fields, field) {
			fields = append(fields, field)
		}
	}
	for _, field := range asked {
		add(field)
	}
	if len(fields) > 0 {
		return fields, nil
	}
	f, err := folder.Open(c.Mappings)
	if err != nil {
		return nil, fmt.Errorf("which fields the mappings write cannot be seen, so name those to show with --fields: %w", err)
	}
	set, _, err := compile(f)
	if err != nil {
		return nil, fmt.Errorf("which fields the mappings write cannot be seen, so name those to show with --fields: %w", err)
	}
	for _, field := range first {
		add(field)
	}
	for _, m := range set.All() {
		for _, info := range m.Fields() {
			if info.Destination == destination && info.Object == object {
				add(info.Field)
			}
		}
	}
	return fields, nil
}

// showRecords prints records as one table: a row for each field, so that any number of fields fits any width. What it shows is
// for the person who asked, and goes nowhere else.
func showRecords(s *screen.Screen, records []crm.Record, fields []string) {
	columns := []screen.Column{{Title: "record"}, {Title: "changed at"}, {Title: "field"}, {Title: "value", Share: 1}}
	var rows [][]screen.Cell
	for _, record := range records {
		changed := ""
		if !record.ChangedAt.IsZero() {
			changed = record.ChangedAt.UTC().Format(time.RFC3339)
		}
		head := []screen.Cell{{Text: legible(record.ID), Style: screen.Name}, {Text: changed, Style: screen.Faint}}
		for _, field := range fields {
			rows = append(rows, append(head, screen.Cells(field, legible(record.Fields[field]))...))
			head = screen.Cells("", "")
		}
		if len(fields) == 0 {
			rows = append(rows, append(head, screen.Cells("", "")...))
		}
	}
	s.Table(columns, rows)
}

// legible is a value as a text on one line. What a terminal would obey, or not show, is written as its code: people type into
// forms what they like.
func legible(value any) string {
	text := ""
	switch v := value.(type) {
	case nil:
	case []string:
		text = strings.Join(v, ", ")
	default:
		text = fmt.Sprint(v)
	}
	var b strings.Builder
	for _, r := range text {
		if unicode.IsGraphic(r) {
			b.WriteRune(r)
		} else {
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		}
	}
	return b.String()
}

// afterReading says what to do about a CRM that did not give its records.
func afterReading(name string, d config.Destination, err error) string {
	failure, ok := crm.AsError(err)
	if !ok {
		return remedy(name, d, err)
	}
	switch failure.Code {
	case "unknown_object":
		return "call the object as `object` in the mappings does, such as contact"
	case "unknown_property":
		return "call fields as the mappings do; handoff mappings check --destination " + name + " compares those with the CRM"
	case "no_way_to_find":
		return "give the object in handoff.yaml a `find` by these fields (docs/crm/rest.md), or name fields that it has one for"
	case "no_way_to_list":
		return "give the object in handoff.yaml a `changed_since` (docs/crm/rest.md)"
	case "not_listed":
		return "the CRM lists no changes of these: handoff crm find shows those of one person"
	}
	if failure.Kind == crm.Invalid {
		return "name fields that identify the record, with values that they can have"
	}
	return remedy(name, d, err)
}
