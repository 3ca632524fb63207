// Package value turns the texts of answers into clean values: an address in its one spelling, a date as the CRM wants
// it, a country's code. It is the registry of the types and transforms that a mapping can name; their documentation and
// examples live beside the code, are run by the tests, and are printed in the reference.
//
// Everything here is a pure function of its arguments: no clock, no network, no state that changes. What depends on the
// moment or on other answers comes with Env. No text makes anything panic.
//
// How an answer is read:
//
//  1. Clean every text of it with Line, or with Paragraphs where Type.Multiline is set.
//  2. Run the rule's transforms, in order: RunText, or Run for a list. Each is a Step. Step.Text changes one text and is run
//     on every text of a list; Step.List changes the list as a whole, and sees a single text as a list of one. Texts that
//     become empty are no answer. Where nothing was answered, only steps with Always are run (default, count).
//  3. Convert: a JSON number with Reader.Number where the type has one and no transform ran, several texts with
//     Reader.List where the type has one (an answer to other types is one text: the fault is Single), everything else
//     with Reader.Text, which wants a text that is clean and not empty. A nil value without a fault is "nothing to
//     write".
//
// Values are what a record can hold (crm.Fields): string, bool, json.Number and []string. A date is "2006-01-02", a
// moment is RFC 3339 in UTC, decimals are exact.
//
// Types and transforms are compiled once: New takes the options as the mapping file gives them and returns every problem
// with them, at a path below the rule (for types) or below the transform's parameters.
package value
