// Package reload keeps what a running program reads from files in step with the files: it loads once, watches, compiles
// each new version and swaps it in as a whole. A new version that is broken is refused and reported, and the one that
// serves goes on serving.
//
// Files are watched in two ways. Notifications of the operating system are quick, but a bind mount may not pass them on,
// and there may be too many watches already. So the content is also hashed every few seconds: what counts is what the
// files say, not how they came to say it. Kubernetes swaps a symbolic link, editors write another file and rename it; the
// hash follows both.
package reload
