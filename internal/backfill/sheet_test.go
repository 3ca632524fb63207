package backfill_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"handoff/internal/backfill"
)

// TestALargeSpreadsheet is unpacked into a temporary file, or not at all: in memory it would take several times its size. It is
// not parallel, because the environment is the process'.
func TestALargeSpreadsheet(t *testing.T) {
	const rows = 600
	f := excelize.NewFile()
	w, err := f.NewStreamWriter("Sheet1")
	require.NoError(t, err)
	require.NoError(t, w.SetRow("A1", []any{"email", "notes"}))
	for i := range rows {
		require.NoError(t, w.SetRow(fmt.Sprintf("A%d", i+2), []any{fmt.Sprintf("p%d@example.com", i), strings.Repeat("x", 32_000)}))
	}
	require.NoError(t, w.Flush())
	var packed bytes.Buffer
	require.NoError(t, f.Write(&packed))
	require.NoError(t, f.Close())
	o := options(t, write(t, "leads.xlsx", packed.Bytes()))
	folder := t.TempDir()

	t.Setenv("TMPDIR", filepath.Join(folder, "nowhere"))
	_, err = backfill.Run(t.Context(), o)
	require.ErrorContains(t, err, "TMPDIR must name a folder that this command may write to")

	t.Setenv("TMPDIR", folder)
	summary, err := backfill.Run(t.Context(), o)
	require.NoError(t, err)
	require.EqualValues(t, rows, summary.Rows)
	left, err := filepath.Glob(filepath.Join(folder, "*"))
	require.NoError(t, err)
	require.Empty(t, left)
}
