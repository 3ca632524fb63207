package apidescription

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"testing"
)

// Awaited are operations that no code asks for yet, by vendor: each vendor of a package is named, if with none.
type Awaited map[Vendor][]string

// Main runs a package's tests and fails when they have left an operation unused that is not awaited, so that no description
// is dead. Where only some of the tests run, nothing follows from it.
func Main(m *testing.M, awaited Awaited) {
	code := m.Run()
	if code == 0 && everything() {
		for v, ids := range awaited {
			code = max(code, complete(v, ids))
		}
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
