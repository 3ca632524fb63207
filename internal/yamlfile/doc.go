// Package yamlfile reads the YAML files that people write for Handoff, and answers with everything that is wrong in
// them at once: unknown keys, wrong types and, through File.Problem, whatever the reader of the file checks itself, each
// with file, line and column.
//
// It is stricter than YAML. A text must be written as a text (5 is no text, "5" is), a key may be set once, and anchors,
// aliases, merge keys, tags and several documents in one file are refused: each value stands at the one place where it
// is looked for. No message repeats a value, because somebody will once paste a secret into the wrong file.
package yamlfile
