package mapping

import (
	"handoff/internal/mapping/expression"
)

// expression compiles an expression of a rule.
func (c *compiler) expression(here at, text string, f placed) *expression.Expression {
	return c.compileExpression(here, text, expression.Scope{Answers: c.readable, Mapped: c.mapped(), Rename: f.target})
}

// condition compiles a condition of a rule.
func (c *compiler) condition(here at, text string, f placed) *expression.Expression {
	return c.compileExpression(here, text, expression.Scope{
		Answers: c.readable, Mapped: c.mapped(), Rename: f.target, Condition: true,
	})
}

// conditions compiles the conditions of the mapping, which knows no fields yet, and of the objects, which know all.
func (c *compiler) conditions(root at) {
	if here := root.key("when"); here.has() {
		c.m.when = c.compileExpression(here, c.spec.When, expression.Scope{Answers: c.readable, Condition: true})
	}
	for i := range c.m.objects {
		o := &c.m.objects[i]
		if here := root.key("objects").key(o.name).key("when"); here.has() {
			scope := expression.Scope{Answers: c.readable, Mapped: c.mapped(), Condition: true}
			o.when = c.compileExpression(here, c.spec.Objects[o.name].When, scope)
		}
	}
}

// mapped are the fields that are filled so far.
func (c *compiler) mapped() []string { return sortedKeys(c.m.slotOf) }

func (c *compiler) compileExpression(here at, text string, scope expression.Scope) *expression.Expression {
	x, problems := expression.Compile(text, scope)
	for _, p := range problems {
		before := len(c.problems)
		c.problem(here, "%s", p.Text)
		if len(c.problems) > before && p.Line >= 0 {
			placed := here.file.ProblemWithin(here.path, p.Line, p.Column, "")
			last := &c.problems[len(c.problems)-1]
			last.Line, last.Column = placed.Line, placed.Column
		}
	}
	if x == nil {
		return nil
	}
	for _, name := range x.Reads() {
		if s, err := newSource(name); err == nil {
			c.m.others[name] = &s
			c.mentioned[name] = true
			for _, under := range s.answers() {
				c.m.known[under] = true
			}
		} else { // no path, so it is the name as it is
			c.mentioned[name], c.m.known[name] = true, true
		}
	}
	return x
}
