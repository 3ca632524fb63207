// Package pacing measures what the pacer makes of a vendor's limit: leads per second with it, against one lead after the
// other at the same limit, in one run. It works for any destination that a sandbox speaks for.
package pacing
