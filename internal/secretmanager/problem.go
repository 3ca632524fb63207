package secretmanager

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"gocloud.dev/gcerrors"
)

// Problem is why a secret cannot be had, and what to do about it, to be read after the name of the variable with its URL. It
// names the manager by the URL's scheme at most: the rest of a URL, and what a manager says, may hold what nobody should read.
type Problem struct{ message string }

// Error is what is wrong.
func (p *Problem) Error() string { return p.message }

func problem(format string, args ...any) *Problem { return &Problem{fmt.Sprintf(format, args...)} }

// machineCode is what the code of a cloud's error looks like, such as AccessDeniedException.
var machineCode = regexp.MustCompile(`^[A-Za-z]{3,60}$`)

// judge tells what an error of a driver means. Its text is dropped.
func judge(a address, patience time.Duration, err error) *Problem {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return problem("%s did not answer within %s; can this machine reach it?", a.scheme, patience)
	}
	code := ""
	if said := (interface{ ErrorCode() string })(nil); errors.As(err, &said) && machineCode.MatchString(said.ErrorCode()) {
		code = " (" + said.ErrorCode() + ")"
	}
	switch gcerrors.Code(err) {
	case gcerrors.NotFound:
		return problem("%s has no such secret; make it there, or correct the URL", a.scheme)
	case gcerrors.PermissionDenied:
		return problem("%s does not let this program read the secret%s; give its role the permission", a.scheme, code)
	case gcerrors.DeadlineExceeded, gcerrors.Internal, gcerrors.ResourceExhausted:
		return problem("%s is in trouble or overloaded%s; try again later", a.scheme, code)
	}
	switch {
	case code != "":
		return problem("%s refused to give the secret%s; are the program's credentials and permissions there right?", a.scheme, code)
	case a.sealed:
		return problem("cannot be read from %s, or not be unsealed with the keeper of %s; is it sealed with that key, and has this program the permission?",
			a.scheme, keeperVariable)
	}
	return problem("cannot be read from %s; can this machine reach it, and has it credentials for it?", a.scheme)
}

// unopened is why a URL whose parts are known could not be opened.
func unopened(a address) *Problem {
	return problem("%s cannot be opened; has its URL only parameters that docs/connections.md lists, and has this machine credentials for it?", a.scheme)
}
