package notify

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestStatusesInTheWordsOfTheLibrary has the texts that the services of the library make of an answer.
func TestStatusesInTheWordsOfTheLibrary(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"failed to send notification to generic webhook: server returned unexpected response status code: 429 Too Many Requests": 429,
		"posting JSON to \"https://host/500\": got unexpected HTTP status: 404 Not Found":                                        404,
		"failed to send: \"device\", response status \"503 Service Unavailable\"":                                                503,
		"unexpected status: 401": 401,
		"HTTP 400":               400,
		"an error was returned from the server: 403 Forbidden":                         403,
		"Post \"https://hooks.example.test:443/404 \": dial tcp 10.0.0.1:443: refused": 0,
		"Post https://example.test/status/404: EOF":                                    0,
		"lookup host-500.example.test on 127.0.0.53:53: no such host":                  0,
		"invalid_payload": 0,
	} {
		require.Equal(t, want, statusIn(text), text)
	}
	require.Nil(t, classify(nil))
	require.Equal(t, Error{Kind: Transient, Code: "not_sent"}, *classify(errors.New("invalid_payload")))
}
