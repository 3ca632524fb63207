package config

import (
	"slices"
	"time"

	"handoff/internal/yamlfile"
)

func (l *loader) checkLimit(path, connector string, limit Limit) {
	known := plans(connector)
	if limit.Plan != "" {
		var names []string
		for _, p := range known {
			names = append(names, p.name)
		}
		switch {
		case len(names) == 0:
			l.problem(path+".plan", "no use with connector %s; want writes and per", connector)
		case !slices.Contains(names, limit.Plan):
			l.problem(path+".plan", "%s", yamlfile.Unknown("plan", limit.Plan, names))
		case limit.Writes != 0 || limit.Per != 0:
			l.problem(path+".plan", "set, and so are writes and per; want one of them")
		}
	}
	if limit.Writes != 0 || limit.Per != 0 {
		l.checkRate(path, "writes", limit.Writes, limit.Per)
	}
	for i, rate := range limit.Also {
		at := yamlfile.Index(path+".also", i)
		if rate.Class != "" {
			l.oneOf(at+".class", "class", rate.Class, []string{"calls", "search"})
		}
		l.checkRate(at, "calls", rate.Calls, rate.Per)
	}
	if limit.Part < 0 || limit.Part > 1 {
		l.problem(path+".part", "want more than 0 and at most 1; 0.9 leaves a tenth to others")
	}
	if limit.Linger != 0 {
		// A step that waits in the worker has five seconds for everything.
		l.span(path+".linger", limit.Linger, time.Millisecond, 4*time.Second)
	}
}

func (l *loader) checkRate(path, calls string, n int, per time.Duration) {
	if n < 1 {
		l.problem(path+"."+calls, "want at least 1")
	}
	if per < time.Millisecond || per > 24*time.Hour {
		l.problem(path+".per", "want 1ms to 24h")
	}
}
