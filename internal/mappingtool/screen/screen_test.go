package screen_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/stretchr/testify/require"

	"handoff/internal/mappingtool/screen"
)

var columns = []screen.Column{{Title: "field"}, {Title: "count", Right: true}, {Title: "value", Share: 1}, {Title: "why", Share: 2}}

func rows() [][]screen.Cell {
	return [][]screen.Cell{
		screen.Cells("contact.email", "12", "ana@example.com", "an e-mail address"),
		screen.Cells("lead.message", "1,024", strings.Repeat("long ", 12), "free text is passed on by an explicit rule only"),
		screen.Cells("lead.key", "1", strings.Repeat("x", 40), "日本語のとても長い説明がここに入ります"),
	}
}

func TestATableFitsItsWidth(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	s := screen.New(&b, false, 70)
	s.Table(columns, rows())
	require.NoError(t, s.Err())
	require.Equal(t, `  field          count  value           why
  ───────────────────────────────────────────────────────────────────
  contact.email     12  ana@example.co  an e-mail address
                        m
  lead.message   1,024  long long long  free text is passed on by an
                        long long long  explicit rule only
                        long long long
                        long long long
  lead.key           1  xxxxxxxxxxxxxx  日本語のとても長い説明がここに
                        xxxxxxxxxxxxxx  入ります
                        xxxxxxxxxxxx
`, b.String())
	for width := 60; width < 160; width += 7 {
		b.Reset()
		screen.New(&b, false, width).Table(columns, rows())
		for line := range strings.Lines(b.String()) {
			require.LessOrEqual(t, text.StringWidth(strings.TrimSuffix(line, "\n")), width, line)
		}
	}
}

func TestColoursChangeNothingElse(t *testing.T) {
	t.Parallel()
	var plain, coloured bytes.Buffer
	for w, colors := range map[*bytes.Buffer]bool{&plain: false, &coloured: true} {
		s := screen.New(w, colors, 70)
		s.Title("One %d", 1)
		s.Text(4, "%s", strings.Repeat("word ", 30))
		table := rows()
		for i := range table {
			table[i][2].Style = screen.Bad
		}
		s.Table(columns, table)
		s.Table(columns, nil)
		require.NoError(t, s.Err())
	}
	require.NotContains(t, plain.String(), "\x1b")
	require.Contains(t, coloured.String(), "\x1b[31m")
	require.Equal(t, plain.String(), text.StripEscape(coloured.String()))
}
