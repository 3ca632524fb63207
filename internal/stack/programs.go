package stack

import (
	"context"
	"time"

	"handoff/internal/devstack"
)

// StartWorker starts the worker, which must not be running.
func (s *Stack) StartWorker(ctx context.Context) error {
	s.say("Starting the worker")
	var err error
	s.Worker, err = s.startProgram(ctx, "worker", s.WorkerURL+"/healthz")
	return err
}

// StartStarter starts the starter, which must not be running.
func (s *Stack) StartStarter(ctx context.Context) error {
	s.say("Starting the starter on port %d", s.Ports.Public)
	var err error
	s.Starter, err = s.startProgram(ctx, "starter", s.AdminURL+"/healthz")
	return err
}

func (s *Stack) startProgram(ctx context.Context, name, health string) (*devstack.Process, error) {
	p, err := devstack.StartProcess(devstack.Spec{
		Name: name, Path: s.Folder.Bin(name), Env: s.env, Dir: s.Root, LogFile: s.Folder.Log(name),
	})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return p, devstack.AwaitHTTP(ctx, p, health)
}

// RestartStarter stops the starter and starts it with more environment.
func (s *Stack) RestartStarter(ctx context.Context, env ...string) error {
	if err := s.Starter.Stop(ctx); err != nil {
		return err
	}
	s.env = append(s.env, env...)
	return s.StartStarter(ctx)
}

// RestartWorker stops the worker and starts it with more environment.
func (s *Stack) RestartWorker(ctx context.Context, env ...string) error {
	if err := s.Worker.Stop(ctx); err != nil {
		return err
	}
	s.env = append(s.env, env...)
	return s.StartWorker(ctx)
}

// Use has the worker and the starter serve another CRM. The servers run on.
func (s *Stack) Use(ctx context.Context, crm CRM) error {
	stopping, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	for _, p := range []*devstack.Process{s.Starter, s.Worker} {
		if p == nil {
			continue
		}
		if err := p.Stop(stopping); err != nil {
			return err
		}
	}
	s.CRM = crm
	if err := s.configure(); err != nil {
		return err
	}
	return s.serve(ctx)
}

// serve prepares the CRM and starts the programs.
func (s *Stack) serve(ctx context.Context) error {
	if err := s.prepareCRM(ctx); err != nil {
		return err
	}
	if err := s.StartWorker(ctx); err != nil {
		return err
	}
	return s.StartStarter(ctx)
}
