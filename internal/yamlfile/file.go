package yamlfile

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// maxBytes bounds what is parsed: the files are written by people, and a parser's memory grows with nesting.
const maxBytes = 1 << 20

// File is one parsed file.
type File struct {
	name      string
	body      ast.Node // nil when the file is empty
	positions map[string]position
	source    string
}

type position struct{ line, column int }

// Parse reads one YAML document. With problems the file is nil: what cannot be parsed cannot be decoded.
func Parse(name string, data []byte) (file *File, problems Problems) {
	if len(data) > maxBytes {
		return nil, Problems{{File: name, Message: fmt.Sprintf("larger than %d bytes", maxBytes)}}
	}
	// The parser is a dependency that reads what people type; a file that trips it is a wrong file, not a crash.
	defer func() {
		if recover() != nil {
			file, problems = nil, Problems{{File: name, Message: "not YAML that can be read"}}
		}
	}()
	// Keys that are set twice are found while decoding, all of them and with their paths.
	tree, err := parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, Problems{syntaxProblem(name, err)}
	}
	f := &File{name: name, positions: map[string]position{Root: {1, 1}}, source: string(data)}
	for _, document := range tree.Docs {
		switch {
		case document.Body == nil || document.Body.Type() == ast.CommentType:
		case f.body != nil:
			at := start(document.Body)
			return nil, Problems{{File: name, Line: at.line, Column: at.column,
				Message: "a second YAML document; want one per file"}}
		default:
			f.body = document.Body
		}
	}
	f.index(Root, f.body)
	return f, nil
}

// Problem describes what is wrong at a path such as "$.fields[2].to". A path that is not in the file, such as that of a
// missing key, stands where its nearest parent stands.
func (f *File) Problem(path, format string, args ...any) Problem {
	p := Problem{File: f.name, Line: 1, Column: 1, Path: path, Message: fmt.Sprintf(format, args...)}
	for at := path; at != ""; at = parent(at) {
		if found, ok := f.positions[at]; ok {
			p.Line, p.Column = found.line, found.column
			break
		}
	}
	return p
}

// Has says whether the file sets the path.
func (f *File) Has(path string) bool {
	_, ok := f.positions[path]
	return ok
}

// Name is the file's name as given to Parse.
func (f *File) Name() string { return f.name }

// index notes where everything stands: a single value at itself, a map or list at the key that introduces it.
func (f *File) index(path string, node ast.Node) {
	switch n := node.(type) {
	case ast.MapNode:
		for entries := n.MapRange(); entries.Next(); {
			below := Key(path, keyText(entries.Key()))
			value := entries.Value()
			f.positions[below] = start(entries.Key())
			if _, single := value.(ast.ScalarNode); single && value.Type() != ast.NullType {
				f.positions[below] = start(value)
			}
			f.index(below, value)
		}
	case *ast.SequenceNode:
		for i, value := range n.Values {
			f.positions[Index(path, i)] = start(value)
			f.index(Index(path, i), value)
		}
	}
}

// start is where a node begins. A map's own token is its first colon, so its first key is asked.
func start(node ast.Node) position {
	if m, ok := node.(ast.MapNode); ok {
		if entries := m.MapRange(); entries.Next() {
			return start(entries.Key())
		}
	}
	if node == nil {
		return position{1, 1}
	}
	return tokenPosition(node.GetToken())
}

func tokenPosition(t *token.Token) position {
	if t == nil || t.Position == nil {
		return position{1, 1}
	}
	return position{t.Position.Line, t.Position.Column}
}

func keyText(key ast.Node) string {
	if key == nil || key.GetToken() == nil {
		return ""
	}
	return key.GetToken().Value
}

// syntaxProblem keeps the parser's message and place, and drops the excerpt of the file that its error text shows.
func syntaxProblem(name string, err error) Problem {
	p := Problem{File: name, Line: 1, Column: 1, Message: "not valid YAML"}
	var syntax yaml.Error
	if errors.As(err, &syntax) {
		at := tokenPosition(syntax.GetToken())
		p.Line, p.Column = at.line, at.column
		p.Message = "not valid YAML: " + strings.ReplaceAll(syntax.GetMessage(), "\t", `\t`)
	}
	return p
}
