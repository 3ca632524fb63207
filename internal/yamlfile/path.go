package yamlfile

import (
	"fmt"
	"regexp"
	"strings"
)

// Root is the path of the whole file.
const Root = "$"

var plainKey = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// Key is the path of a key below path. Keys with dots or other unusual characters are quoted: $.accounts.'acme.com'.
func Key(path, key string) string {
	if !plainKey.MatchString(key) {
		key = "'" + strings.ReplaceAll(key, "'", "''") + "'"
	}
	return path + "." + key
}

// Index is the path of an entry, counted from 0, of the list at path.
func Index(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

// parent cuts the last key or index off a path.
func parent(path string) string {
	if strings.HasSuffix(path, "]") {
		return path[:max(strings.LastIndexByte(path, '['), 0)]
	}
	if strings.HasSuffix(path, "'") {
		// Backwards to the opening quote, over doubled quotes.
		i := len(path) - 2
		for i > 0 {
			if path[i] != '\'' {
				i--
			} else if path[i-1] == '\'' {
				i -= 2
			} else {
				break
			}
		}
		return path[:max(i-1, 0)]
	}
	return path[:max(strings.LastIndexByte(path, '.'), 0)]
}
