package yamlfile_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/yamlfile"
)

// Whatever is in a file, reading it ends, either decodes or explains, and points into the file.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		"", "a: 1", "- a\n- b: [c, {d: e}]", "name: &x y\nvalue: *x", "? [a, b]\n: c", "<<: {a: b}", "a: |\n  text\n", "a: !!int 5",
		"nested: [{to: x}, {from: 1}]", "a: \"x\ty\"", "{a: b", "---\n...\n---\n", "table: {'a''b': 1}", "\xff\xfe", "a: 0x1F\nb: .inf",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, problems := yamlfile.Parse("f.yaml", data)
		if len(problems) > 0 {
			require.Nil(t, file)
			require.NotEmpty(t, problems.Error())
			return
		}
		var into sample
		for _, p := range file.Decode(&into) {
			require.Positive(t, p.Line)
			require.Positive(t, p.Column)
			require.NotEmpty(t, p.Message)
		}
		var anything any
		file.Decode(&anything)
	})
}
