package mapping

import "handoff/internal/mapping/value"

// uploadParts are what a rule can say about an uploaded file.
var uploadParts = []string{"url", "name", "size", "type"}

// unmappedUpload is the fault of a file that no rule may pass on: uploads hold what nobody has thought of.
var unmappedUpload = value.Fault{Code: "upload.unmapped", Expect: "an answer that is no file; a file is passed on only by a rule with upload"}

// isFile says that an answer is a file, as sources hand it over: its address, and what else the sender says of it.
func isFile(answer any) bool {
	switch v := answer.(type) {
	case map[string]any:
		_, ok := v["url"].(string)
		return ok
	case []any:
		return len(v) > 0 && isFile(v[0])
	}
	return false
}

// uploaded is the part of the files of an answer. A text is the address of a file.
func uploaded(answer any, part string) any {
	switch v := answer.(type) {
	case map[string]any:
		return v[part]
	case string:
		if part == "url" {
			return v
		}
	case []any:
		var parts []any
		for _, each := range v {
			if found := uploaded(each, part); found != nil {
				parts = append(parts, found)
			}
		}
		if len(parts) > 0 {
			return parts
		}
	}
	return nil
}
