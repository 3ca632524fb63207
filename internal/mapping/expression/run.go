package expression

import (
	"errors"
	"time"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
)

// Submission is what an expression is run on.
type Submission interface {
	// Answer is the answer of a name or path as it was sent, nil where there is none.
	Answer(name string) any
	// Answers are the names of all answers.
	Answers() []string
	// Context is an entry of what came beside the answers, "" where there is none.
	Context(name string) string
	ContextNames() []string
	// Mapped is what an earlier rule writes to a field, nil where it writes nothing.
	Mapped(field string) any
	MappedNames() []string
	Form() string
	Source() string
	ID() string
	SubmittedAt() time.Time
	ReceivedAt() time.Time
}

// ErrFailed is that of an expression that makes no sense with these answers. It does not repeat them.
var ErrFailed = errors.New("the expression has no value for these answers")

// Run gives the expression's value: nil, string, bool, json.Number or []string.
func (x *Expression) Run(s Submission) (any, error) {
	out, _, err := x.program.Eval(activation{x, s})
	switch {
	case errors.Is(err, errNoAnswer):
		return nil, nil
	case err != nil:
		return nil, ErrFailed // the error of the language may repeat an answer
	}
	value, ok := result(out)
	if !ok {
		return nil, ErrFailed
	}
	return value, nil
}

// Met says whether a condition is met. One that has no value, because a number was not answered, is not.
func (x *Expression) Met(s Submission) (bool, error) {
	value, err := x.Run(s)
	met, _ := value.(bool)
	return met, err
}

// activation finds the values of names.
type activation struct {
	x *Expression
	s Submission
}

func (a activation) Parent() cel.Activation { return nil }

func (a activation) ResolveName(name string) (any, bool) {
	switch name {
	case answersName:
		return table{a.s.Answer, func(name string) bool { return a.s.Answer(name) != nil }, a.s.Answers}, true
	case mappedName:
		get := func(name string) any { return a.s.Mapped(a.x.rename(name)) }
		return table{get, func(name string) bool { return get(name) != nil }, a.s.MappedNames}, true
	case contextName:
		get := func(name string) any { return a.s.Context(name) }
		return table{get, func(name string) bool { return a.s.Context(name) != "" }, a.s.ContextNames}, true
	case "form":
		return types.String(a.s.Form()), true
	case "form.locale":
		return types.String(a.s.Context("locale")), true
	case "source":
		return types.String(a.s.Source()), true
	case "submission.id":
		return types.String(a.s.ID()), true
	case "submission.submitted_at":
		return types.Timestamp{Time: a.s.SubmittedAt()}, true
	case "submission.received_at":
		return types.Timestamp{Time: a.s.ReceivedAt()}, true
	}
	if k, ok := a.x.answers[name]; ok {
		return k.as(a.s.Answer(name)), true
	}
	return nil, false
}
