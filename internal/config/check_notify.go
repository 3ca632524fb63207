package config

import (
	"maps"
	"slices"
	"strings"
	"text/template"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"handoff/internal/yamlfile"
)

func (l *loader) completeChannels(c *Config) {
	for _, name := range slices.Sorted(maps.Keys(c.Notify.Channels)) {
		channel := c.Notify.Channels[name]
		path := yamlfile.Key("$.notify.channels", name)
		l.name(path, name)
		switch {
		case channel.Webhook != nil && channel.URLEnv != "":
			l.problem(path+".webhook", "set, and so is url_env; want one of them")
		case channel.Webhook != nil:
			l.completeWebhook(c, path+".webhook", &channel)
		case channel.URLEnv != "":
			channel.URL = l.variable(c, path+".url_env", channel.URLEnv, "URL of a channel", ProgramWorker)
			if !channel.URL.IsZero() && !strings.Contains(channel.URL.Reveal(), "://") {
				l.variableProblem(l.holder(channel.URLEnv), "want a shoutrrr URL such as slack://…")
			}
		default:
			l.problem(path, "want url_env or webhook: where to send to")
		}
		l.checkEvents(path+".on", channel.On)
		if _, err := template.New(name).Parse(channel.Template); err != nil {
			l.problem(path+".template", "not a template that text/template can read")
		}
		if channel.Personal && channel.Template == "" {
			l.problem(path+".personal", "no use without template: the built-in text shows no answers")
		}
		c.Notify.Channels[name] = channel
	}
}

func (l *loader) completeWebhook(c *Config, path string, channel *Channel) {
	webhook := *channel.Webhook
	l.webURL(path+".url", webhook.URL)
	webhook.Secret = l.variable(c, path+".secret_env", webhook.SecretEnv, "secret of a channel", ProgramWorker)
	if !webhook.Secret.IsZero() {
		if _, err := standardwebhooks.NewWebhook(webhook.Secret.Reveal()); err != nil {
			l.variableProblem(l.holder(webhook.SecretEnv), "want a Standard Webhooks secret, whsec_ and base64")
		}
	}
	channel.Webhook = &webhook
}

func (l *loader) checkEvents(path string, on []string) {
	if len(on) == 0 {
		l.problem(path, "want at least one of: %s", strings.Join(events, ", "))
	}
	for i, event := range on {
		at := yamlfile.Index(path, i)
		if l.oneOf(at, "event", event, events) && slices.Contains(on[:i], event) {
			l.problem(at, "named twice")
		}
	}
}
