// Package config is the one configuration of Handoff's programs: a YAML file that may be shared and committed, and the
// environment, which overrides it and alone holds secrets, or says in which file or secret manager they are. It is read at the
// start, and a program that cannot run with it says everything that is wrong at once (what a running program follows is in
// docs/reload.md): values of the file with line and column, values of the environment by the variable's name, and never a
// secret.
package config
