package config

import (
	"handoff/internal/yamlfile"
)

// ProgramSources is whoever only looks at the sources: it is given no secrets, and misses none.
const ProgramSources Program = "sources"

// SecretNames are the environment variables that hold the source's secrets, in the order of the file.
func (s Source) SecretNames() []string {
	names := append([]string{}, s.SecretEnvs...)
	names = append(names, s.VerifyTokenEnvs...)
	if s.Fetch != nil {
		names = append(names, s.Fetch.TokenEnv)
	}
	if s.Pull != nil && s.Pull.TokenEnv != "" && (s.Fetch == nil || s.Pull.TokenEnv != s.Fetch.TokenEnv) {
		names = append(names, s.Pull.TokenEnv)
	}
	return names
}

// PullOnly says that no webhooks come from the source. HubSpot's tell of contacts, whose ids are not those of a form's
// submissions, so a source of its forms is always of this kind.
func (s Source) PullOnly() bool { return s.Pull != nil && (s.Pull.Only || s.Adapter == HubSpot) }

// MissingSecrets are those of SecretNames that environ does not hold, in the variable, in the file that it names, or in the
// folder of secrets.
func (s Source) MissingSecrets(environ []string) []string {
	var missing []string
	for _, name := range s.SecretNames() {
		l := &loader{environment: newEnvironment(environ), programs: both()}
		if secret := l.secret(secretVariable(name, "secret", both()...), ""); secret.IsZero() {
			missing = append(missing, name)
		}
	}
	return missing
}

// UnreadableSecrets says of those of SecretNames that environ names a place for, but that cannot be read there, what is wrong.
func (s Source) UnreadableSecrets(environ []string) map[string]yamlfile.Problem {
	unreadable := map[string]yamlfile.Problem{}
	for _, name := range s.SecretNames() {
		l := &loader{environment: newEnvironment(environ), programs: both()}
		v := secretVariable(name, "secret", both()...)
		if l.secret(v, ""); len(l.problems) > 0 && l.environment.gives(v) {
			unreadable[name] = l.problems[0]
		}
	}
	return unreadable
}

// gives says whether the environment says where a variable's value is.
func (e environment) gives(v Variable) bool {
	return e[v.Name] != "" || e[v.File] != "" || e[v.From] != "" || e.inFolder(v.Name) != ""
}

// AdminToken is the token of the admin API as environ gives it, for those who call that.
func AdminToken(environ []string) (Secret, error) {
	l := &loader{environment: newEnvironment(environ), programs: both()}
	token := l.secret(adminToken(), "")
	return token, l.problems.Err()
}

// WithSecrets is the source with the secrets that environ holds, of those that its requests are verified with. Its error is
// a yamlfile.Problems with everything that is wrong with them.
func (s Source) WithSecrets(environ []string) (Source, error) {
	l := &loader{environment: newEnvironment(environ), programs: []Program{ProgramStarter}}
	c := &Config{}
	s.Secrets = l.sourceSecrets(c, yamlfile.Root, "secret of the source", s.SecretEnvs, func(variable string, secret Secret) {
		l.checkSecret(variable, &s, secret)
	})
	s.VerifyTokens = l.sourceSecrets(c, yamlfile.Root, "token of the handshake", s.VerifyTokenEnvs, func(string, Secret) {})
	return s, l.problems.Sorted().Err()
}
