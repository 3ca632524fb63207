package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"handoff/internal/config"
	"handoff/internal/connection"
	"handoff/internal/ledger"
)

// connect is `handoff connect`.
type connect struct {
	env    environ
	by     string
	listen string
	paste  bool
	wait   time.Duration
}

func newConnect(env environ) *cobra.Command {
	c := &connect{env: env}
	cmd := &cobra.Command{
		Use:   "connect DESTINATION",
		Short: "Connect a destination to its CRM by OAuth, or repair its connection",
		Long: `Prints an address at the CRM. Whoever opens it in a browser and says yes connects the destination: the browser comes back to this
command, which keeps the tokens, sealed, in the ledger. Workers use them at once, and submissions that waited go on within a minute.
No restart is needed.

It needs the environment of the worker. Where the browser runs on another machine, --paste asks for the address at which it ended.`,
		Example: `  handoff connect crm
  handoff connect crm --paste                    # the browser is elsewhere
  handoff connect crm --listen 0.0.0.0:8976      # behind the proxy that redirect_url names`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return c.run(cmd, args[0]) },
	}
	cmd.Flags().StringVar(&c.by, "by", operator(), "who connects")
	cmd.Flags().StringVar(&c.listen, "listen", "", "host:port where the browser comes back; that of redirect_url when left out")
	cmd.Flags().BoolVar(&c.paste, "paste", false, "ask for the address at which the browser ended, instead of listening")
	cmd.Flags().DurationVar(&c.wait, "wait", 10*time.Minute, "how long to wait for the browser")
	return cmd
}

func (c *connect) run(cmd *cobra.Command, name string) error {
	environment := c.env()
	settings, err := config.Load(config.Path(environment), environment, config.ProgramWorker)
	if err != nil {
		return fmt.Errorf("the tokens are kept as a worker would keep them, which needs:\n%w", err)
	}
	app, err := connectable(settings, name)
	if err != nil {
		return err
	}
	l, err := ledgerOf(cmd.Context(), settings)
	if err != nil {
		return err
	}
	defer l.Close()
	var granted ledger.Granted
	attempt := connection.NewAttempt(app, func(ctx context.Context, g ledger.Granted) error {
		granted = g
		return l.Connect(ctx, name, c.by, g)
	})
	ctx, cancel := context.WithTimeout(cmd.Context(), c.wait)
	defer cancel()
	if c.paste {
		err = c.pasted(ctx, cmd, attempt)
	} else {
		err = c.received(ctx, cmd, app, attempt)
	}
	switch {
	case err == context.DeadlineExceeded: // of the waiting; one of the ledger comes with what it was about
		return fmt.Errorf("nobody said yes within %s: ask again", c.wait)
	case errors.Is(err, context.Canceled):
		return errors.New("interrupted; nothing has changed")
	case err != nil:
		return fmt.Errorf("%s is not connected: %w", name, err)
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%s is connected, with %s.\nWorkers use it at once; what waited goes on within a minute.\n", name, scopesText(granted.Scopes))
	if missing := missingScopes(app.Scopes, granted.Scopes); len(missing) > 0 {
		fmt.Fprintf(cmd.OutOrStdout(), "It was not given %s: does the app ask for them, and may whoever said yes give them?\n", strings.Join(missing, ", "))
	}
	return nil
}

// connectable is the app of a destination, or what to do where it has none.
func connectable(c *config.Config, name string) (connection.App, error) {
	d, known := c.Destinations[name]
	if !known {
		return connection.App{}, oneOf("destination", name, slices.Sorted(maps.Keys(c.Destinations)))
	}
	if d.OAuth == nil {
		return connection.App{}, fmt.Errorf("destination %s has credentials of its own: give it a section `oauth:` in their place to connect it; docs/connections.md shows one", name)
	}
	return connection.App{OAuth: *d.OAuth}, nil
}

// received waits for the browser to come back.
func (c *connect) received(ctx context.Context, cmd *cobra.Command, app connection.App, attempt *connection.Attempt) error {
	address := c.listen
	if address == "" {
		var err error
		if address, err = localAddress(app.RedirectURL); err != nil {
			return err
		}
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("listen for the browser: %w\nIs another `handoff connect` running? --paste needs no port", err)
	}
	invite(cmd.OutOrStdout(), attempt)
	fmt.Fprintf(cmd.OutOrStdout(), "Waiting until the browser comes back to %s …\n", app.RedirectURL)
	return attempt.Receive(ctx, listener)
}

// localAddress is where a browser on this machine comes back to.
func localAddress(redirect string) (string, error) {
	u, err := url.Parse(redirect)
	if err != nil {
		return "", errors.New("redirect_url is no URL")
	}
	if host := u.Hostname(); host != "localhost" && host != "127.0.0.1" && host != "::1" {
		return "", fmt.Errorf("redirect_url leads to %s: --listen says where that is on this machine, and --paste needs no port", host)
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port), nil
}

// pasted asks for the address at which the browser ended.
func (c *connect) pasted(ctx context.Context, cmd *cobra.Command, attempt *connection.Attempt) error {
	invite(cmd.OutOrStdout(), attempt)
	fmt.Fprint(cmd.OutOrStdout(), "The browser then ends at a page that it cannot open. Paste that page's address here:\n> ")
	pasted := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(io.LimitReader(cmd.InOrStdin(), 1<<16)).ReadString('\n') // without an end of line it is whole too
		pasted <- strings.TrimSpace(line)
	}()
	var line string
	select {
	case line = <-pasted:
	case <-ctx.Done():
		return ctx.Err()
	}
	if line == "" {
		return errors.New("nothing was pasted")
	}
	callback, err := url.Parse(line)
	if err != nil {
		return errors.New("what was pasted is no address") // it may hold a code
	}
	return attempt.Finish(ctx, callback)
}

func invite(w io.Writer, attempt *connection.Attempt) {
	fmt.Fprintf(w, "Open this address in a browser, log in as whom Handoff shall work for, and say yes:\n\n%s\n\n", attempt.URL())
}

// missingScopes are those that were asked for and not given. Salesforce calls refresh_token also offline_access.
func missingScopes(asked, given []string) []string {
	var missing []string
	for _, scope := range asked {
		also := map[string]string{"refresh_token": "offline_access", "offline_access": "refresh_token"}[scope]
		if !slices.Contains(given, scope) && (also == "" || !slices.Contains(given, also)) {
			missing = append(missing, scope)
		}
	}
	return missing
}

func scopesText(scopes []string) string {
	if len(scopes) == 0 {
		return "the scopes of the app"
	}
	return "the scopes " + strings.Join(scopes, ", ")
}
