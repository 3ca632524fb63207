package devstack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Spec describes a child process.
type Spec struct {
	Name    string
	Path    string
	Args    []string
	Env     []string // nil inherits
	Dir     string
	LogFile string
	// StopSignal asks for a graceful end; SIGTERM if 0. It is also what the kernel sends when our program dies.
	StopSignal syscall.Signal
	attributes *syscall.SysProcAttr
}

// Process is a child process that never outlives its parent.
type Process struct {
	spec Spec
	cmd  *exec.Cmd
	done chan struct{}
	err  error // valid once done is closed
}

// spawner starts children from one OS thread that lives as long as the program: the kernel delivers the parent-death
// signal when the thread that created the child ends, and Go ends threads as it likes.
var spawner = sync.OnceValue(func() chan<- func() {
	jobs := make(chan func())
	go func() {
		runtime.LockOSThread()
		for job := range jobs {
			job()
		}
	}()
	return jobs
})

// StartProcess starts the child in a process group of its own, so that a Ctrl-C on the terminal reaches only us and we
// stop the children in order.
func StartProcess(spec Spec) (*Process, error) {
	if spec.StopSignal == 0 {
		spec.StopSignal = syscall.SIGTERM
	}
	if err := os.MkdirAll(filepath.Dir(spec.LogFile), 0o755); err != nil {
		return nil, fmt.Errorf("make the log folder of %s: %w", spec.Name, err)
	}
	log, err := os.OpenFile(spec.LogFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open the log of %s: %w", spec.Name, err)
	}
	defer log.Close()
	cmd := exec.Command(spec.Path, spec.Args...)
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = spec.Env, spec.Dir, log, log
	cmd.SysProcAttr = spec.attributes
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	cmd.SysProcAttr.Pdeathsig = spec.StopSignal

	started := make(chan error)
	spawner() <- func() { started <- cmd.Start() }
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", spec.Name, err)
	}
	p := &Process{spec: spec, cmd: cmd, done: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// PID is the process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Running says whether the process has not ended yet.
func (p *Process) Running() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// Ended describes how the process ended, with the last lines of its log.
func (p *Process) Ended() error {
	how := "exit status 0"
	if p.err != nil {
		how = p.err.Error()
	}
	return fmt.Errorf("%s ended (%s); the end of %s:\n%s", p.spec.Name, how, p.spec.LogFile, p.Log())
}

// Stop asks the process to end and kills its group when it has not by the deadline of ctx.
func (p *Process) Stop(ctx context.Context) error {
	if !p.Running() {
		return nil
	}
	if err := p.cmd.Process.Signal(p.spec.StopSignal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop %s: %w", p.spec.Name, err)
	}
	select {
	case <-p.done:
		return nil
	case <-ctx.Done():
		p.Kill()
		return fmt.Errorf("stop %s: it did not end in time and was killed", p.spec.Name)
	}
}

// Kill ends the process and its whole group at once, as a crash would, and waits until it is gone.
func (p *Process) Kill() {
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.done
}

// Log is the end of what the process has written, or why that cannot be read.
func (p *Process) Log() string { return tail(p.spec.LogFile, 15) }

// longestLine of a log in an error message, in bytes.
const longestLine = 500

// tail returns the last lines of a file, for error messages. Very long lines, such as stack traces, are cut.
func tail(name string, lines int) string {
	data, err := os.ReadFile(name)
	if err != nil {
		return err.Error()
	}
	all := strings.Split(strings.TrimRight(string(data), "\n"), "\n")
	last := all[max(0, len(all)-lines):]
	for i, line := range last {
		if len(line) > longestLine {
			last[i] = strings.ToValidUTF8(line[:longestLine], "") + "…"
		}
	}
	return strings.Join(last, "\n")
}

// await calls ready until it returns nil, the process ends, or ctx does.
func await(ctx context.Context, p *Process, ready func(context.Context) error) error {
	ticker := time.NewTicker(25 * time.Millisecond)
	defer ticker.Stop()
	for {
		attempt, cancel := context.WithTimeout(ctx, 2*time.Second)
		err := ready(attempt)
		cancel()
		if err == nil && p.Running() { // else it was another program that answered on the port
			return nil
		}
		select {
		case <-p.done:
			return p.Ended()
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w; last answer: %w; the end of %s:\n%s",
				p.spec.Name, ctx.Err(), err, p.spec.LogFile, p.Log())
		case <-ticker.C:
		}
	}
}
