// Package devstack starts what Handoff stands on, for `make run`, the demo, the benchmarks and the tests: a private
// Postgres, the Temporal development server, and Handoff's own programs as real processes. Everything listens on the
// loopback interface, keeps its state in one folder, and ends when the program that started it ends, however it ends.
package devstack
