package apidescription

import (
	"flag"
	"fmt"
	"os"
	"testing"
)

// Main runs a package's tests, and fails where they have left an operation of these vendors unused, so that no description is
// dead. Where only some of the tests ran, nothing follows from it.
func Main(m *testing.M, vendors ...Vendor) {
	code := m.Run()
	if code == 0 && everything() {
		for _, v := range vendors {
			code = max(code, complete(v))
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

func complete(v Vendor) int {
	unused, err := Unused(v)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	for _, id := range unused {
		fmt.Printf("FAIL: %s.yaml describes the operation %s, which no test asks for\n", v, id)
	}
	return min(len(unused), 1)
}
