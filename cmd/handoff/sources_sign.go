package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"handoff/internal/source"
)

func newSourcesSign(env environ) *cobra.Command {
	var file, media, url string
	cmd := &cobra.Command{
		Use:   "sign NAME [--body FILE]",
		Short: "Print a curl line that sends a body as the sender would, with a true signature; a test submission without --body",
		Long: `Print a curl line that sends a body as the sender would, with a true signature. The source's secret is read here and is
not printed, unless it is the sender's way to send it along: then the line holds it, and belongs into no ticket.

A signature with a time is good for a few minutes. Without --body a test submission is signed, which reaches no CRM.`,
		Example: "  handoff sources sign website --body lead.json\n  handoff sources sign website --body lead.json | sh",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, s, err := env.open(args[0])
			if err != nil {
				return err
			}
			path := "/hooks/" + s.Name
			if url == "" {
				url = c.Public.URL
			}
			if file == "" {
				return printCurl(cmd.OutOrStdout(), strings.TrimSuffix(url, "/"), "", s.Sample(path, time.Now(), true))
			}
			body, named, err := readBody(cmd.InOrStdin(), file)
			if err != nil {
				return err
			}
			contentType, boundary := mediaOf(body, media)
			if !s.Accepts(contentType) {
				return fmt.Errorf("source %s takes %s, and the file looks like %s: name its type with --content-type",
					s.Name, strings.Join(s.ContentTypes(), " or "), contentType)
			}
			r := s.Sign(path, contentType, boundary, body, time.Now())
			if !bytes.Equal(r.Body, body) {
				named = "" // the secret is a part of the body, so the file alone will not do
			}
			return printCurl(cmd.OutOrStdout(), strings.TrimSuffix(url, "/"), named, r)
		},
	}
	cmd.Flags().StringVar(&file, "body", "", "FILE with the body, - for standard input")
	cmd.Flags().StringVar(&media, "content-type", "", "the body's media type; guessed from its beginning when not given")
	cmd.Flags().StringVar(&url, "url", "", "where the endpoint is; public.url of the configuration when not given")
	return cmd
}

// readBody reads a body, and says by which name curl can read it too: none for standard input.
func readBody(stdin io.Reader, file string) (body []byte, named string, err error) {
	if file == "-" {
		body, err = io.ReadAll(stdin)
		return body, "", err
	}
	if body, err = os.ReadFile(file); err != nil {
		return nil, "", fmt.Errorf("read the body: %w", err)
	}
	named, err = filepath.Abs(file)
	return body, named, err
}

// mediaOf guesses what a body is from how it begins.
func mediaOf(body []byte, stated string) (contentType, boundary string) {
	text := strings.TrimSpace(string(body[:min(len(body), 200)]))
	line, _, _ := strings.Cut(text, "\r\n")
	switch {
	case stated != "" && stated != source.TypeMultipart:
		return stated, ""
	case strings.HasPrefix(text, "--"):
		return source.TypeMultipart, strings.TrimPrefix(line, "--")
	case strings.HasPrefix(text, "{"), strings.HasPrefix(text, "["):
		return source.TypeJSON, ""
	}
	return source.TypeForm, ""
}

// printCurl prints a request as a line for a shell. A body that is in a file is sent from there, byte by byte.
func printCurl(w io.Writer, url, file string, r source.Request) error {
	var b strings.Builder
	b.WriteString("curl -sS")
	if r.Method != http.MethodPost {
		b.WriteString(" -X " + r.Method)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		b.WriteString(" -H " + quoted(strings.ToLower(name)+": "+r.Header.Get(name)))
	}
	switch {
	case file != "":
		b.WriteString(" --data-binary " + quoted("@"+file))
	case !utf8.Valid(r.Body) || bytes.ContainsRune(r.Body, 0):
		return errors.New("the body is not text, which no shell can hold: put it into a file and name it with --body")
	default:
		b.WriteString(" --data-raw " + quoted(string(r.Body)))
	}
	b.WriteString(" " + quoted(url+r.URI))
	_, err := fmt.Fprintln(w, b.String())
	return err
}

// quoted is a word that a shell takes as it is.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
