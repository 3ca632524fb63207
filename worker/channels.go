package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"sync"

	"handoff/internal/config"
	"handoff/internal/notify"
)

// channels are the configured channels by the events that they want. Their secrets may be replaced while the worker runs.
type channels struct {
	byEvent  map[notify.Event][]string
	personal map[string]bool

	mu         sync.Mutex
	configured config.Notify
	secrets    string // a hash of those that the sender was made with
	sender     *notify.Sender
}

func newChannels(c config.Notify) (*channels, error) {
	ch := &channels{byEvent: map[notify.Event][]string{}, personal: map[string]bool{}, configured: c}
	for _, name := range slices.Sorted(maps.Keys(c.Channels)) {
		ch.personal[name] = c.Channels[name].Personal
		for _, event := range c.Channels[name].On {
			ch.byEvent[notify.Event(event)] = append(ch.byEvent[notify.Event(event)], name)
		}
	}
	all, secrets := ch.now()
	var err error
	ch.secrets = secrets
	ch.sender, err = notify.New(all, notify.Options{})
	return ch, err
}

// now are the channels with their secrets as they are now, and a hash of those.
func (c *channels) now() ([]notify.Channel, string) {
	var all []notify.Channel
	hash := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(c.configured.Channels)) {
		configured := c.configured.Channels[name]
		channel := notify.Channel{
			Name: name, URL: configured.URL.Again().Reveal(), Template: configured.Template, Personal: configured.Personal,
		}
		if configured.Webhook != nil {
			channel.URL, channel.Secret = configured.Webhook.URL, configured.Webhook.Secret.Again().Reveal()
		}
		fmt.Fprintf(hash, "%q %q\n", channel.URL, channel.Secret)
		all = append(all, channel)
	}
	return all, string(hash.Sum(nil))
}

// current sends with the secrets as they are now. Where those are of no use, with the last ones that were.
func (c *channels) current() *notify.Sender {
	all, secrets := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if secrets != c.secrets {
		c.secrets = secrets
		if sender, err := notify.New(all, notify.Options{}); err == nil {
			c.sender = sender
		}
	}
	return c.sender
}

// wanting are the names of the channels that want an event.
func (c *channels) wanting(event notify.Event) []string { return c.byEvent[event] }

// Names implements outbox.Channels.
func (c *channels) Names() []string { return slices.Sorted(maps.Keys(c.personal)) }

// Personal implements outbox.Channels.
func (c *channels) Personal(name string) bool { return c.personal[name] }

// Send implements outbox.Channels.
func (c *channels) Send(ctx context.Context, name string, m notify.Message) error {
	return c.current().Send(ctx, name, m)
}
