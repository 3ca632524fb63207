package sandbox_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"handoff/internal/browsertest"
	"handoff/internal/sandbox"
	"handoff/internal/sandbox/hubspot"
	"handoff/internal/sandbox/salesforce"
	"handoff/internal/sandbox/sandboxtest"
)

// post sends JSON to a vendor of the sandbox, and reads one member of the answer.
func post(t *testing.T, s *sandboxtest.Running, token, path string, body any, member string) string {
	t.Helper()
	text, err := json.Marshal(body)
	require.NoError(t, err)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+path, strings.NewReader(string(text)))
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	var members map[string]any
	require.NoError(t, json.Unmarshal(answer, &members), "%s", answer)
	require.Less(t, response.StatusCode, 300, "%s", answer)
	return fmt.Sprint(members[member])
}

type object = map[string]any

const (
	script = `<script>alert(1)</script><img src=x onerror=alert(2)>" onmouseover="alert(3)`
	hebrew = "\u202eשלום עולם"
)

// arrived is a sandbox with a contact of a company, a lead, and values that nobody should trust.
func arrived(t *testing.T) (s *sandboxtest.Running, company, contact, lead string) {
	t.Helper()
	s = sandboxtest.Bare(t, sandbox.Options{HubSpot: hubspot.Options{PerTenSeconds: -1}, Salesforce: salesforce.Options{PerDay: -1}})
	company = post(t, s, hubspot.Token, hubspotObjects+"/companies", object{"associations": []any{}, "properties": object{"name": "Dragonfly Inn", "domain": "dragonfly.example"}}, "id")
	contact = post(t, s, hubspot.Token, hubspotObjects+"/contacts", object{
		"properties":   object{"email": "ann@example.com", "firstname": script, "lastname": hebrew, "company": strings.Repeat("wide", 100)},
		"associations": []any{object{"to": object{"id": company}, "types": []any{object{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279}}}},
	}, "id")
	lead = post(t, s, salesforce.Token, "/services/data/v67.0/sobjects/Lead", object{"LastName": "Danes", "Company": "Lukes Diner", "Description": script}, "id")
	require.NoError(t, s.Faults.Add(sandbox.Fault{Kind: sandbox.RateLimit, Path: "/batch/create", Count: 3}))
	return s, company, contact, lead
}

// TestPage: a person sees in a real browser what arrived, and nothing of it runs.
func TestPage(t *testing.T) {
	t.Parallel()
	s, company, contact, lead := arrived(t)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+hubspotOwners, nil)
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer nobody")
	response, err := client.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	tab := browsertest.Open(t)
	tab.Visit(s.URL, 1440, 900, "light")

	require.Equal(t, "contacts 1, companies 1, calls", browsertest.Evaluate[string](tab, `[...document.querySelectorAll('nav[aria-label=HubSpot] a')].map(a => a.innerText).join(', ')`))
	row := func(id string) string {
		return browsertest.Evaluate[string](tab, fmt.Sprintf(`document.getElementById(%q).innerText`, id))
	}
	require.Contains(t, row("hubspot-companies-"+company), "Dragonfly Inn")
	seen := row("hubspot-contacts-" + contact)
	require.Contains(t, seen, "ann@example.com")
	require.Contains(t, seen, script, "what was typed is text")
	require.Contains(t, seen, hebrew)
	require.Contains(t, seen, "companies "+company, "with what it is linked to")
	require.Contains(t, seen, "all of it", "of a long value the start is shown")
	require.Less(t, len(seen), 800)
	require.Contains(t, row("salesforce-Lead-"+lead), "Lukes Diner")
	require.Regexp(t, `^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$`, browsertest.Evaluate[string](tab, `document.querySelector('time').innerText`))
	require.Contains(t, browsertest.Evaluate[string](tab, `document.querySelector('.faults').innerText`), "on paths with /batch/create, 3 left")
	calls := browsertest.Evaluate[[]string](tab, `[...document.querySelectorAll('.calls tbody tr')].map(r => r.innerText.replace(/\s+/g, ' '))`)
	require.Len(t, calls, 4)
	require.Regexp(t, `^[0-9:.]+ GET `+hubspotOwners+` 401 Unauthorized$`, calls[0], "the newest call is the first")
	require.Regexp(t, `POST `+hubspotObjects+`/contacts .*201 Created$`, calls[1])
	require.Equal(t, 1, browsertest.Evaluate[int](tab, `document.querySelectorAll('.calls .bad').length`), "a call that failed stands out")

	// Nothing that arrived is more than text.
	require.Equal(t, 0, browsertest.Evaluate[int](tab, `document.querySelectorAll('script, img, iframe, [onmouseover]').length`))
	require.Equal(t, "ltr rtl", browsertest.Evaluate[string](tab, `[...document.querySelectorAll('#hubspot-contacts-`+contact+` dd')].filter(d => d.innerText.includes('ann@') || d.innerText.includes('שלום')).map(d => getComputedStyle(d).direction).join(' ')`))

	// Links lead to what they name: from the top to an object, from a record to another.
	tab.Do(chromedp.Click(chromedp.CSS(`nav a[href="#hubspot-contacts"]`)))
	require.Equal(t, "hubspot-contacts", browsertest.Evaluate[string](tab, `document.querySelector(':target').id`))
	tab.Do(chromedp.Click(chromedp.CSS(`a[href="#hubspot-companies-` + company + `"]`)))
	require.Contains(t, browsertest.Evaluate[string](tab, `document.querySelector(':target').innerText`), "Dragonfly Inn")
	require.Equal(t, 0, browsertest.Evaluate[int](tab, `[...document.querySelectorAll('a[href^="#"]')].filter(a => !document.getElementById(a.getAttribute('href').slice(1))).length`), "no link leads nowhere")
	tab.Do(chromedp.Click(chromedp.CSS(`summary`)))
	require.Contains(t, row("hubspot-contacts-"+contact), strings.Repeat("wide", 100))

	require.Empty(t, tab.Complaints())
}

// contrast is the least contrast between a text of the page and what is behind it, by WCAG's formula.
const contrast = `(() => {
	const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
	const light = color => {
		canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
		const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
		return 0.2126 * r + 0.7152 * g + 0.0722 * b;
	};
	const behind = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if (c !== 'rgba(0, 0, 0, 0)') return c; } return 'Canvas'; };
	let least = 21;
	for (const e of document.querySelectorAll('body *')) {
		if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
		const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((x, y) => y - x);
		least = Math.min(least, (a + 0.05) / (b + 0.05));
	}
	return least;
})()`

// TestPageFits: on a telephone and on a wide screen, by day and by night, the page does not scroll sideways, and all of its
// text can be read.
func TestPageFits(t *testing.T) {
	t.Parallel()
	s, _, _, _ := arrived(t)
	tab := browsertest.Open(t)
	backgrounds := map[string]bool{}
	for _, width := range []int64{390, 1440} {
		for _, scheme := range []string{"light", "dark"} {
			tab.Visit(s.URL, width, 844, scheme)
			about := fmt.Sprintf("%d pixels, %s", width, scheme)
			require.LessOrEqual(t, browsertest.Evaluate[int64](tab, `document.documentElement.scrollWidth`), width, about)
			require.Equal(t, 0, browsertest.Evaluate[int](tab, `[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1).length`), about)
			require.GreaterOrEqual(t, browsertest.Evaluate[float64](tab, contrast), 4.5, about)
			backgrounds[browsertest.Evaluate[string](tab, `getComputedStyle(document.body).backgroundColor`)] = true
		}
	}
	require.Len(t, backgrounds, 2, "day and night differ")
	require.Empty(t, tab.Complaints())
}

// TestEmptyPage: before anything has arrived, the page says what to do, with a command that works.
func TestEmptyPage(t *testing.T) {
	t.Parallel()
	s := sandboxtest.Bare(t, sandbox.Options{})
	tab := browsertest.Open(t)
	tab.Visit(s.URL, 390, 844, "light")
	text := browsertest.Evaluate[string](tab, `document.getElementById('empty').innerText`)
	require.Contains(t, text, "Nothing has arrived yet")
	require.Contains(t, text, "curl "+s.URL+hubspotObjects+"/contacts")
	require.LessOrEqual(t, browsertest.Evaluate[int64](tab, `document.documentElement.scrollWidth`), int64(390))
	for _, command := range browsertest.Evaluate[[]string](tab, `[...document.querySelectorAll('#empty pre')].map(p => p.innerText)`) {
		output, err := exec.CommandContext(t.Context(), "sh", "-c", command).Output()
		require.NoError(t, err)
		require.Contains(t, string(output), `"id":"`)
	}
	tab.Visit(s.URL, 390, 844, "light")
	require.Equal(t, 0, browsertest.Evaluate[int](tab, `document.querySelectorAll('#empty').length`))
	require.Equal(t, "contacts 1, calls, Lead 1, calls", browsertest.Evaluate[string](tab, `[...document.querySelectorAll('nav a')].map(a => a.innerText).join(', ')`))
	require.Empty(t, tab.Complaints())
}
