package apidescription

import (
	"io"
	"net/http"
	"net/url"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// The library's own decoder of forms leaves out what the schema does not name, and takes no alternatives.
func init() { openapi3filter.RegisterBodyDecoder("application/x-www-form-urlencoded", decodeForm) }

// decodeForm makes texts of a form's values, and lists of those that stand there several times.
func decodeForm(body io.Reader, _ http.Header, _ *openapi3.SchemaRef, _ openapi3filter.EncodingFn) (any, error) {
	text, err := io.ReadAll(body)
	if err != nil {
		return nil, err
	}
	values, err := url.ParseQuery(string(text))
	if err != nil {
		return nil, err
	}
	form := map[string]any{}
	for name, several := range values {
		if form[name] = several[0]; len(several) > 1 {
			list := make([]any, len(several))
			for i := range several {
				list[i] = several[i]
			}
			form[name] = list
		}
	}
	return form, nil
}
