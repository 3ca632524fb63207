// Package expression compiles and runs the expressions of mappings: the Common Expression Language, with the names that
// a mapping knows. An expression is checked when it is compiled, so that a misspelled name or a comparison of a text with
// a number is found before a submission meets it. It does no I/O, its cost is bounded, it cannot panic, and it makes the
// same value of the same submission.
//
// Names in an expression:
//
//	a["any answer"]   the answer as it was sent; "" where there is none. `"name" in a` tells whether there is one.
//	employees         an answer that the mapping reads elsewhere, as what the expression takes it for: a text, a number,
//	                  yes or no, or a list. An expression of a number that was not answered has no value.
//	v["lead.source"]  what an earlier rule writes to that field; "" where it writes nothing
//	form, form.locale, source, context["page_url"], submission.id, submission.submitted_at, submission.received_at
package expression
