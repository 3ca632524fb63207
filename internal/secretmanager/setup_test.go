package secretmanager_test

import (
	"encoding/base64"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gocloud.dev/secrets/localsecrets"

	"handoff/internal/secretmanager"
	_ "handoff/internal/secretmanager/drivers"
	"handoff/internal/secretmanager/managertest"
)

// sealing is the key of the keeper that these tests name in the environment, where gocloud.dev looks for it.
var sealing = func() [32]byte {
	key, err := localsecrets.NewRandomKey()
	if err != nil {
		panic(err)
	}
	return key
}()

func TestMain(m *testing.M) {
	environment := append([]string{"RUNTIMEVAR_KEEPER_URL=base64key://" + base64.URLEncoding.EncodeToString(sealing[:])}, managertest.AWSEnvironment...)
	for _, entry := range environment {
		name, value, _ := strings.Cut(entry, "=")
		if err := os.Setenv(name, value); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

func store(t *testing.T) *secretmanager.Store {
	t.Helper()
	s := secretmanager.NewStore()
	t.Cleanup(s.Close)
	return s
}

// seal seals a text for the keeper.
func seal(t *testing.T, text string) string {
	t.Helper()
	sealed, err := localsecrets.NewKeeper(sealing).Encrypt(t.Context(), []byte(text))
	require.NoError(t, err)
	return string(sealed)
}

// becomes waits until a variable has a text.
func becomes(t *testing.T, v *secretmanager.Variable, text string) {
	t.Helper()
	require.Eventually(t, func() bool { return v.Text() == text }, 10*time.Second, 5*time.Millisecond)
}

// place is somewhere that a secret can be.
type place struct {
	url string
	put func(text string)
}

// quick is how often these tests have managers asked.
const quick = "wait=10ms"

// places are one of each kind, empty.
func places(t *testing.T) map[string]place {
	t.Helper()
	aws, web := managertest.StartAWS(t), managertest.StartHTTP(t, "")
	file, sealed := t.TempDir()+"/secret", managertest.StartHTTP(t, "")
	return map[string]place{
		"Secrets Manager": {aws.Secret("handoff/crm", quick), func(text string) { aws.Put("handoff/crm", text) }},
		"Parameter Store": {aws.Parameter("handoff-crm", quick, "decoder=string"), func(text string) { aws.Put("handoff-crm", text) }},
		"HTTP":            {web.URL + "/crm?" + quick + "&decoder=bytes", web.Put},
		"file": {"file://" + file + "?" + quick, func(text string) {
			require.NoError(t, os.WriteFile(file+".new", []byte(text), 0o600))
			require.NoError(t, os.Rename(file+".new", file))
		}},
		"sealed, by HTTP": {sealed.URL + "?decoder=decrypt&" + quick, func(text string) { sealed.Put(seal(t, text)) }},
		"sealed text in Secrets Manager": {
			aws.Secret("sealed", "decoder=decrypt%2Bstring", quick), func(text string) { aws.Put("sealed", seal(t, text)) },
		},
	}
}
