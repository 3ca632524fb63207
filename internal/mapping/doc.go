// Package mapping turns the answers of a form into CRM objects, by a file that RevOps owns: which answer goes into which
// field, as what type, what happens when it is missing or makes no sense, what the person consented to, which records
// are written in which order, and by what the lead is routed.
//
// A file is compiled once, into closures. A file that does not compile never runs: Load reports everything that is wrong
// in every file at once, with file, line and column. A compiled Mapping is immutable, safe for concurrent use, does no
// I/O, knows no clock, and makes the same plan of the same input, byte for byte. No input makes it panic, and none of its
// problems or errors repeats an answer.
package mapping
