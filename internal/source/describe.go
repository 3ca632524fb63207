package source

import (
	"strconv"
	"strings"
	"time"

	"handoff/internal/config"
)

// Title is what people call the sender, and Proof how it proves that a request is its own, in a few words. They need no
// secret.
func Title(c config.Source) string {
	d, _ := definitionOf(c)
	return d.title
}

// Proof is how the sender proves that a request is its own.
func Proof(c config.Source) string {
	d, _ := definitionOf(c)
	place := c.Token
	if place.IsZero() {
		place = d.token
	}
	if d.adapter != config.Generic {
		if !place.IsZero() {
			return "token in " + placeText(place)
		}
		return d.proof
	}
	switch c.Scheme {
	case config.StandardWebhooks:
		return "Standard Webhooks, " + spanText(defaultTolerance)
	case config.TimedHMAC:
		return algorithmText(c.Algorithm) + " of time and body, " + spanText(c.Tolerance)
	case config.TokenOnly:
		return "token in " + placeText(place)
	}
	text := algorithmText(c.Algorithm) + " of " + c.SignedContent
	if c.TimestampHeader != "" {
		text += ", " + spanText(c.Tolerance)
	}
	return text
}

// TokenParameter is the parameter of the URL in which the secret travels; empty where it travels elsewhere or not at all.
func TokenParameter(c config.Source) string {
	d, _ := definitionOf(c)
	if c.Token.Query != "" {
		return c.Token.Query
	}
	return d.token.Query
}

func placeText(p config.Place) string {
	switch {
	case p.Header != "":
		return "header " + p.Header
	case p.Query != "":
		return "the URL (" + p.Query + ")"
	}
	return "the body (" + p.Path + ")"
}

func algorithmText(algorithm string) string { return strings.ToUpper(algorithm) }

func spanText(d time.Duration) string {
	if d%time.Minute == 0 {
		return strconv.Itoa(int(d/time.Minute)) + " min"
	}
	return d.String()
}
