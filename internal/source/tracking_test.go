package source_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
	"handoff/internal/source"
)

// Ensure where a visitor came from has one name in the context, whatever the sender calls it and wherever it stands.
func TestTrackingHasOneName(t *testing.T) {
	t.Parallel()
	for name, item := range map[string]source.Item{
		"webflow's question":  one(t, config.Source{Adapter: config.Webflow}, `{"triggerType":"form_submission","payload":{"id":"1","data":{"UTM Source":"ads","Landing Page":"https://x.example/?gclid=g"}}}`),
		"tally's hidden":      one(t, config.Source{Adapter: config.Tally}, `{"eventType":"FORM_RESPONSE","data":{"submissionId":"1","fields":[{"key":"a","label":"utm_source","type":"HIDDEN_FIELDS","value":"ads"},{"key":"b","label":"page_url","type":"HIDDEN_FIELDS","value":"https://x.example/?gclid=g"}]}}`),
		"fillout's parameter": one(t, config.Source{Adapter: config.Fillout}, `{"submissionId":"1","urlParameters":[{"name":"utmSource","value":"ads"},{"name":"landing_url","value":"https://x.example/?gclid=g"}]}`),
		"gravity's page":      one(t, config.Source{Adapter: config.GravityForms}, `{"id":"1","form_id":"2","source_url":"https://x.example/?utm_source=ads&gclid=g"}`),
		"stripe's metadata":   one(t, config.Source{Adapter: config.Stripe, Events: []string{"x"}}, `{"type":"x","data":{"object":{"id":"1","metadata":{"utm-source":"ads","GCLID":"g"}}}}`),
	} {
		require.Equal(t, "ads", item.Payload.Context["utm_source"], name)
		require.Equal(t, "g", item.Payload.Context["gclid"], name)
	}
}

func TestContextTakesOnlyWhatItKnows(t *testing.T) {
	t.Parallel()
	item := one(t, config.Source{Adapter: config.Webflow}, `{"triggerType":"form_submission","payload":{"id":"1","data":{
		"language":"planted sentence","referrer":7,"email":"a@b.example","utm_term":"","locale":"zh_Hant_TW"}}}`)
	require.Equal(t, map[string]string{"event": "form_submission", "locale": "zh_Hant_TW"}, item.Payload.Context)
	require.Equal(t, "zh_Hant_TW", item.Submission.Locale)
}

// Ensure two answers of one meaning give the same context every time.
func TestTrackingIsDeterministic(t *testing.T) {
	t.Parallel()
	for range 30 {
		item := one(t, config.Source{Adapter: config.Webflow}, `{"triggerType":"form_submission","payload":{"id":"1","data":{"utm_source":"b","UTM Source":"a","utmSource":"c"}}}`)
		require.Equal(t, "a", item.Payload.Context["utm_source"])
	}
}
