package apidescription

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"testing"
)

// Main runs a package's tests and fails when they have left one of the vendor's operations unused, so that no description
// is dead. Awaited are operations that no code asks for yet. Where only some of the tests run, nothing follows from it.
func Main(m *testing.M, v Vendor, awaited ...string) {
	code := m.Run()
	if code == 0 && everything() {
		code = complete(v, awaited)
	}
	os.Exit(code)
}

// everything says that no test was left out by a flag.
func everything() bool {
	for _, name := range []string{"test.run", "test.skip", "test.list", "test.fuzz", "test.bench"} {
		if f := flag.Lookup(name); f != nil && f.Value.String() != "" {
			return false
		}
	}
	return true
}

func complete(v Vendor, awaited []string) int {
	unused, err := Unused(v)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	code := 0
	for _, id := range unused {
		if !slices.Contains(awaited, id) {
			fmt.Printf("FAIL: %s.yaml describes the operation %s, which no test asks for\n", v, id)
			code = 1
		}
	}
	for _, id := range awaited {
		if !slices.Contains(unused, id) {
			fmt.Printf("FAIL: the operation %s of %s is not awaited any more\n", id, v)
			code = 1
		}
	}
	return code
}
