package backfill

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"
)

// Row is one submission of a file.
type Row struct {
	Line   int            // where it begins, from 1; in a list of JSON, which element
	Cells  []string       // of a table, as many as the header has
	Object map[string]any // of JSON
	// Fault says why the row cannot be read; then there is nothing else.
	Fault string
}

// rows reads a file row by row. Its errors end the file; a row that cannot be read has a Fault instead.
type rows interface {
	// header names the columns of a table; nil for JSON.
	header() []string
	// next is the next row; io.EOF at the end.
	next() (Row, error)
	close() error
}

// File is a file that is being read.
type File struct {
	rows
	Format Format
	Size   int64
	// Changed is when the file was written: no answer in it is younger.
	Changed time.Time
	read    *atomic.Int64
	closer  io.Closer
}

// Read is how many bytes of the file have been read.
func (f *File) Read() int64 { return f.read.Load() }

// Close lets go of the file.
func (f *File) Close() error { return errors.Join(f.close(), f.closer.Close()) }

type counting struct {
	io.Reader
	n *atomic.Int64
}

func (c counting) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// Open opens a file and finds out how it is written, as far as format leaves that open.
func Open(name string, format Format) (*File, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open the file: %w", err)
	}
	f, err := open(file, format)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", name, err), file.Close())
	}
	return f, nil
}

func open(file *os.File, format Format) (*File, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	f := &File{Size: info.Size(), Changed: info.ModTime(), read: &atomic.Int64{}, closer: file}
	reader := bufio.NewReaderSize(counting{file, f.read}, sampleSize)
	if magic, _ := reader.Peek(2); string(magic) == "\x1f\x8b" {
		inflated, err := gzip.NewReader(reader)
		if err != nil {
			return nil, fmt.Errorf("read the compressed file: %w", err)
		}
		format.Gzip = true
		reader = bufio.NewReaderSize(inflated, sampleSize)
	}
	if f.Format, err = detect(reader, format); err != nil {
		return nil, err
	}
	if f.Format.Kind == XLSX {
		if f.Format.Gzip {
			return nil, errors.New("a spreadsheet is compressed already; want the .xlsx itself")
		}
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			return nil, err
		}
		f.rows, f.Format.Sheet, err = openSheet(counting{file, f.read}, f.Format.Sheet)
		return f, err
	}
	decoder, err := decoderOf(f.Format.Encoding)
	if err != nil {
		return nil, err
	}
	text := decoder.NewDecoder().Reader(reader)
	switch f.Format.Kind {
	case CSV:
		f.rows, err = newTable(text, f.Format.Delimiter)
	case JSONL:
		f.rows = newLines(text)
	case JSON:
		f.rows, err = newList(text)
	default:
		err = fmt.Errorf("unknown format %q; want csv, jsonl, json or xlsx", f.Format.Kind)
	}
	return f, err
}
