// Package backfill reads files of submissions (CSV, JSON Lines, JSON, spreadsheets) into the ledger: row by row in constant
// memory, each row once however often the file is read, and those that a mapping would refuse into a file of their own.
package backfill
