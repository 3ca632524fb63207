package main

import (
	"context"
	"maps"
	"slices"

	"handoff/internal/config"
	"handoff/internal/notify"
)

// channels are the configured channels by the events that they want.
type channels struct {
	sender   *notify.Sender
	byEvent  map[notify.Event][]string
	personal map[string]bool
}

func newChannels(c config.Notify) (*channels, error) {
	ch := &channels{byEvent: map[notify.Event][]string{}, personal: map[string]bool{}}
	var all []notify.Channel
	for _, name := range slices.Sorted(maps.Keys(c.Channels)) {
		configured := c.Channels[name]
		channel := notify.Channel{
			Name: name, URL: configured.URL.Reveal(), Template: configured.Template, Personal: configured.Personal,
		}
		if configured.Webhook != nil {
			channel.URL, channel.Secret = configured.Webhook.URL, configured.Webhook.Secret.Reveal()
		}
		all = append(all, channel)
		ch.personal[name] = configured.Personal
		for _, event := range configured.On {
			ch.byEvent[notify.Event(event)] = append(ch.byEvent[notify.Event(event)], name)
		}
	}
	var err error
	ch.sender, err = notify.New(all, notify.Options{})
	return ch, err
}

// Channels implements activities.Notifier.
func (c *channels) Channels(event notify.Event) []string { return c.byEvent[event] }

// Personal implements activities.Notifier.
func (c *channels) Personal(name string) bool { return c.personal[name] }

// Send implements activities.Notifier.
func (c *channels) Send(ctx context.Context, name string, m notify.Message) error {
	return c.sender.Send(ctx, name, m)
}
