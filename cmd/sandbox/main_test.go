package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSandbox: the program says where it is, answers there, and stops when it is told to.
func TestSandbox(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	out, said := io.Pipe()
	root := newRoot()
	root.SetArgs([]string{"--listen", "127.0.0.1:0"})
	root.SetOut(said)
	ended := make(chan error, 1)
	go func() { ended <- root.ExecuteContext(ctx) }()
	line := make([]byte, 200)
	n, err := out.Read(line)
	require.NoError(t, err)
	url := regexp.MustCompile(`http://[0-9.:]+`).Find(line[:n])
	require.NotEmpty(t, url)
	response, err := http.Get(string(url))
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	page, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.True(t, bytes.Contains(page, []byte("CRM sandbox")))
	stop()
	require.NoError(t, <-ended)
}
