package secretmanager_test

import (
	"context"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/secretmanager"
	"handoff/internal/secretmanager/managertest"
)

// TestSecretsAreReadAndFollowed in every kind of place, with what they are decoded and unsealed by.
func TestSecretsAreReadAndFollowed(t *testing.T) {
	t.Parallel()
	for name, p := range places(t) {
		t.Run(name, func(t *testing.T) {
			s := store(t)
			p.put(" one\n")
			v, err := s.Variable(t.Context(), p.url)
			require.NoError(t, err)
			require.Equal(t, "one", v.Text())
			before := s.Version(p.url)
			require.NotContains(t, before, "one")
			require.NotEmpty(t, before)

			p.put("two")
			becomes(t, v, "two")
			require.NotEqual(t, before, s.Version(p.url))
		})
	}
}

// TestAnEmptyOrMissingSecretKeepsTheLastOne: somebody may be replacing it.
func TestAnEmptyOrMissingSecretKeepsTheLastOne(t *testing.T) {
	t.Parallel()
	s, web := store(t), managertest.StartHTTP(t, "one")
	v, err := s.Variable(t.Context(), web.URL+"?"+quick)
	require.NoError(t, err)
	for _, gone := range []func(){
		func() { web.Put(" \n") }, func() { web.Answer(http.StatusNotFound) }, func() { web.Answer(http.StatusInternalServerError) },
	} {
		gone()
		_ = v.Ask(t.Context()) // what it says is of no use; that the secret stays is
		require.Equal(t, "one", v.Text())
	}
	web.Answer(http.StatusOK)
	web.Put("two")
	becomes(t, v, "two")
}

// TestAskingKnowsAtOnce what following would know later, and asks once for all who ask at the same moment.
func TestAskingKnowsAtOnce(t *testing.T) {
	t.Parallel()
	s, aws := store(t), managertest.StartAWS(t)
	aws.Put("token", "one")
	v, err := s.Variable(t.Context(), aws.Secret("token", "wait=1h"))
	require.NoError(t, err)
	again, err := s.Variable(t.Context(), aws.Secret("token", "wait=1h"))
	require.NoError(t, err)
	require.Same(t, v, again, "what is followed is not asked for again")
	require.Equal(t, 1, aws.Asked())

	aws.Put("token", "two")
	require.Equal(t, "one", v.Text())
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if err := v.Ask(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	require.Equal(t, "two", v.Text())
	require.Less(t, aws.Asked(), 21)
}

// TestWhatCannotBeHad is said in words that name the manager and what to do, and neither the secret nor its URL.
func TestWhatCannotBeHad(t *testing.T) {
	t.Parallel()
	aws, web, sealed := managertest.StartAWS(t), managertest.StartHTTP(t, "hunter2"), managertest.StartHTTP(t, "hunter2")
	aws.Put("denied", "hunter2")
	aws.Deny("denied")
	broken := managertest.StartHTTP(t, "hunter2")
	broken.Answer(http.StatusInternalServerError)
	locked := managertest.StartHTTP(t, "hunter2")
	locked.Answer(http.StatusUnauthorized)
	const want = "want the URL of a secret in a manager, such as awssecretsmanager://handoff-crm?region=eu-central-1"
	for url, says := range map[string]string{
		"hunter2":         want,
		"hunter2:hunter2": want,
		"://hunter2":      want,
		"hunter2://hunter2/hunter2": "begins with the name of no secret manager; want one of: " +
			"awsparamstore, awssecretsmanager, file, gcpsecretmanager, http, https",
		"postgres://hunter2@db/ledger":       "begins with the name of no secret manager; want one of: awsparamstore, awssecretsmanager, file, gcpsecretmanager, http, https",
		"http://hunter2.example.com/hunter2": "want https: a secret comes from there",
		"https://example.com?a;hunter2=%zz":  "has parameters that cannot be read; want KEY=VALUE, with & between them",
		web.URL + "?decoder=hunter2":         "has a decoder that leaves no text; want string, or decrypt for what is sealed",
		web.URL + "?decoder=jsonmap":         "has a decoder that leaves no text; want string, or decrypt for what is sealed",
		web.URL + "?wait=hunter2":            "http cannot be opened; has its URL only parameters that docs/connections.md lists, and has this machine credentials for it?",
		aws.Secret("x", "hunter2=hunter2"):   "awssecretsmanager cannot be opened; has its URL only parameters that docs/connections.md lists, and has this machine credentials for it?",
		aws.Secret("hunter2"):                "awssecretsmanager has no such secret; make it there, or correct the URL",
		aws.Parameter("hunter2"):             "awsparamstore has no such secret; make it there, or correct the URL",
		"file:///nowhere/hunter2":            "file has no such secret; make it there, or correct the URL",
		aws.Secret("denied"):                 "awssecretsmanager refused to give the secret (AccessDeniedException); are the program's credentials and permissions there right?",
		aws.Secret("denied", "anonymous=true"): "awssecretsmanager refused to give the secret (UnrecognizedClientException); " +
			"are the program's credentials and permissions there right?",
		sealed.URL + "?decoder=decrypt": "cannot be read from http, or not be unsealed with the keeper of RUNTIMEVAR_KEEPER_URL; " +
			"is it sealed with that key, and has this program the permission?",
		broken.URL + "/hunter2":       "http is in trouble or overloaded; try again later",
		locked.URL + "/hunter2":       "http does not let this program read the secret; give its role the permission",
		"http://127.0.0.1:1/?hunter2": "cannot be read from http; can this machine reach it, and has it credentials for it?",
	} {
		_, err := store(t).Variable(t.Context(), url)
		require.EqualError(t, err, says, url)
		require.NotContains(t, err.Error(), "hunter2")
	}
	empty := managertest.StartHTTP(t, "\n")
	_, err := store(t).Variable(t.Context(), empty.URL)
	require.EqualError(t, err, "is empty in http")
}

// TestAManagerThatHangs is waited for as long as whoever asks can wait.
func TestAManagerThatHangs(t *testing.T) {
	t.Parallel()
	s, web := store(t), managertest.StartHTTP(t, "hunter2")
	web.Hang()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err := s.Variable(ctx, web.URL+"/hunter2?"+quick)
	require.EqualError(t, err, "http did not answer within 10s; can this machine reach it?")
	require.Less(t, time.Since(began), secretmanager.Patience)
}

// TestASecretThatComesLater is found by whoever asks again, and noticed by whoever looks at its version.
func TestASecretThatComesLater(t *testing.T) {
	t.Parallel()
	s, aws := store(t), managertest.StartAWS(t)
	url := aws.Secret("late", quick)
	_, err := s.Variable(t.Context(), url)
	require.ErrorContains(t, err, "has no such secret")
	require.Empty(t, s.Version(url))
	require.Empty(t, s.Version("unknown://"))
	aws.Put("late", "one")
	require.Eventually(t, func() bool { return s.Version(url) != "" }, 10*time.Second, 5*time.Millisecond)
	v, err := s.Variable(t.Context(), url)
	require.NoError(t, err)
	require.Equal(t, "one", v.Text())
}

// TestNothingIsLeftBehind: a store that is closed follows nothing, and what was known stays.
func TestNothingIsLeftBehind(t *testing.T) {
	file := t.TempDir() + "/secret"
	require.NoError(t, os.WriteFile(file, []byte("one"), 0o600))
	s := secretmanager.NewStore()
	v, err := s.Variable(t.Context(), "file://"+file+"?"+quick)
	require.NoError(t, err)
	require.NotEmpty(t, following())
	s.Close()
	require.Equal(t, "one", v.Text())
	require.Eventually(t, func() bool { return len(following()) == 0 }, 10*time.Second, 5*time.Millisecond)
	require.ErrorContains(t, v.Ask(t.Context()), "did not answer")
	_, err = s.Variable(t.Context(), "file://"+file)
	require.Error(t, err)
	require.Empty(t, following())
}

// following are the goroutines that follow a secret in a file. Other tests that run at the same time have none: this one runs
// before those that are parallel.
func following() []string {
	all := make([]byte, 1<<20)
	all = all[:runtime.Stack(all, true)]
	var found []string
	for _, one := range strings.Split(string(all), "\n\n") {
		if strings.Contains(one, "gocloud.dev/runtimevar") {
			found = append(found, one)
		}
	}
	return found
}
