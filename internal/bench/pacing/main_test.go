package pacing_test

import (
	"testing"

	"handoff/internal/stacktest"
)

func TestMain(m *testing.M) { stacktest.Main(m) }
