package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime/multipart"

	"handoff/internal/config"
)

// decodeMultipart reads the parts of a multipart form as text, within the limits. Files in it are not read: no sender
// uploads files with a submission, they name where a file is.
func decodeMultipart(body []byte, boundary string, limits config.SourceLimits) (any, error) {
	if boundary == "" {
		return nil, unreadable("the body's content type names no boundary between its parts")
	}
	reader := multipart.NewReader(bytes.NewReader(body), boundary)
	values := map[string][]string{}
	for parts := 0; ; parts++ {
		part, err := reader.NextRawPart()
		if errors.Is(err, io.EOF) {
			return gather(values), nil
		}
		if err != nil {
			return nil, unreadable("the body's parts cannot be told apart")
		}
		if parts == limits.Parts {
			return nil, unreadable(fmt.Sprintf("the body has more than %d parts", limits.Parts))
		}
		text, err := io.ReadAll(io.LimitReader(part, limits.Part+1))
		switch {
		case err != nil:
			return nil, unreadable("a part of the body is not complete")
		case int64(len(text)) > limits.Part:
			return nil, unreadable(fmt.Sprintf("a part of the body is larger than %d bytes", limits.Part))
		case part.FormName() == "" || part.FileName() != "":
			continue
		}
		values[part.FormName()] = append(values[part.FormName()], string(text))
	}
}
