package source_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
	"handoff/internal/source"
)

// The vectors that HubSpot, GitHub and Formstack print or that were recorded from them, and for senders who print none the
// ones that two programs computed alike.
func TestVectors(t *testing.T) {
	t.Parallel()
	const (
		hubspot  = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"
		computed = "vector_secret_0001"
		event    = `{"event_id":"01TEST","event_type":"form_response"}`
		hex      = "9ec9eacf896fdd3ccee7cca99d10f1d21c12f41f2b8feebe8090757a9d9d871c"
		base64   = "nsnqz4lv3TzO58ypnRDx0hwS9B8rj+6+gJB1ep2dhxw="
	)
	at, example := time.Unix(1767720001, 0), "https://www.example.com"
	for name, v := range map[string]struct {
		adapter            config.Adapter
		secret, body, path string
		method             string
		at                 time.Time
		header             map[string]string
	}{
		"hubspot v1": {config.HubSpot, hubspot, `[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM","changeFlag":"NEW","appId":54321}]`,
			"/webhook_uri", "POST", at, map[string]string{"X-HubSpot-Signature": "232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de"}},
		"hubspot v2, GET": {config.HubSpot, hubspot, "", "/webhook_uri", "GET", at, map[string]string{
			"X-HubSpot-Signature-Version": "v2", "X-HubSpot-Signature": "eee2dddcc73c94d699f5e395f4b9d454a069a6855fbfa152e91e88823087200e"}},
		"hubspot v2, POST": {config.HubSpot, hubspot, `{"example_field":"example_value"}`, "/webhook_uri", "POST", at, map[string]string{
			"X-HubSpot-Signature-Version": "v2", "X-HubSpot-Signature": "9569219f8ba981ffa6f6f16aa0f48637d35d728c7e4d93d0d52efaa512af7900"}},
		"hubspot v3": {config.HubSpot, hubspot, `{'example_field':'example_value'}`, "/webhook_uri", "POST", time.UnixMilli(1693657560000), map[string]string{
			"X-HubSpot-Request-Timestamp": "1693657560000", "X-HubSpot-Signature-v3": "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y="}},
		"github, its documentation": {config.GitHub, "It's a Secret to Everybody", "Hello, World!", "", "POST", at, map[string]string{
			"X-Hub-Signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"}},
		"github, its client": {config.GitHub, "0123456789abcdef", `{"yo":true}`, "", "POST", at, map[string]string{
			"X-Hub-Signature-256": "sha256=b1f8020f5b4cd42042f807dd939015c4a418bc1ff7f604dd55b0a19b5d953d9b"}},
		"meta, the same construction": {config.Meta, "mysecret", `{"foo":"bar"}`, "", "POST", at, map[string]string{
			"X-Hub-Signature-256": "sha256=4864d2759938a15468b5df9ade20bf161da9b4f737ea61794142f3484236bda3"}},
		"intercom, the same of old": {config.Intercom, "0123456789abcdef", `{"yo":true}`, "", "POST", at, map[string]string{
			"X-Hub-Signature": "sha1=126f2c800419c60137ce748d7672e77b65cf16d6"}},
		"formstack, recorded": {config.Formstack, "test1", "FormID=6606394&UniqueID=1500878955&HandshakeKey=test", "", "POST", at, map[string]string{
			"X-FS-Signature": "sha256=30dff7f180b6d69eab397a5d51719474df490b730514c253e8b5832d3b51b970"}},
		"typeform": {config.Typeform, computed, event, "", "POST", at, map[string]string{"Typeform-Signature": "sha256=" + base64}},
		"tally":    {config.Tally, computed, event, "", "POST", at, map[string]string{"Tally-Signature": base64}},
		"cal.com":  {config.Calcom, computed, event, "", "POST", at, map[string]string{"X-Cal-Signature-256": hex}},
		"meta":     {config.Meta, computed, event, "", "POST", at, map[string]string{"X-Hub-Signature-256": "sha256=" + hex}},
		"calendly": {config.Calendly, computed, event, "", "POST", at, map[string]string{
			"Calendly-Webhook-Signature": "t=1767720001,v1=bb9612abfaa4c6f5b14ffd2a54a8b8a371aef76a3eb4baeccd206386f90638b1"}},
		"webflow": {config.Webflow, computed, event, "", "POST", at, map[string]string{
			"X-Webflow-Timestamp": "1767720001000", "X-Webflow-Signature": "70135950ad9abbb3f621b9dce3b2636af83a9881086bcf6d01cf7168748cab54"}},
		"linkedin": {config.LinkedIn, computed, event, "", "POST", at, map[string]string{
			"X-LI-Signature": "e3ff6648baec140b9336abb5532dc8386f27acd8c382bc192c68e7a49ddfd3c0"}},
		"linkedin, with its prefix": {config.LinkedIn, computed, event, "", "POST", at, map[string]string{
			"X-LI-Signature": "hmacsha256=e3ff6648baec140b9336abb5532dc8386f27acd8c382bc192c68e7a49ddfd3c0"}},
		"intercom": {config.Intercom, computed, event, "", "POST", at, map[string]string{"X-Hub-Signature": "sha1=24a768061dfcfddbe9ed8a8b49048c0506a8dbf4"}},
		"stripe": {config.Stripe, "whsec_test_secret", `{"id":"evt_test_1","object":"event"}`, "", "POST", at, map[string]string{
			"Stripe-Signature": "t=1767720001,v1=83a847f00fde135e16798f1355bf8f0e7b046f1c6317d12e5e88a4406f3f4225"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSource(t, config.Source{Adapter: v.adapter, Secrets: secrets(v.secret), VerifyTokens: secrets(v.secret), PublicURL: example})
			r := source.Request{Method: v.method, URI: v.path, Body: []byte(v.body), Received: v.at, Header: http.Header{}}
			for header, value := range v.header {
				r.Header.Set(header, value)
			}
			require.NoError(t, s.Verify(r))
			r.Body = append([]byte(v.body), '\n')
			require.Equal(t, source.SignatureMismatch, refusal(t, s.Verify(r)))
		})
	}
}

// The second key of the Standard Webhooks vectors, and the second form of an Ed25519 key.
func TestMoreStandardWebhooksVectors(t *testing.T) {
	t.Parallel()
	const id = "msg_p5jXN8AQM9LWM0D4loKWxJek"
	for name, v := range map[string]struct{ secret, id, stamp, body, signature string }{
		"second key": {"whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", "msg_vec_0001", "1767720001", `{"event_id":"01TEST","event_type":"form_response"}`,
			"v1,hlz5LWhXeZw1Mu6SwEzmXKx2Aj9NJGBwcYoejXutcys="},
		"seed": {"whpk_ZlN4eg7dSSqi0moX9hQUk3orrOouK3QVQSlJa248c/g=", id, "1614265330", `{"test": 2432232314}`,
			"v1a,tQ9V2XOqn7jL/DQenEFpqIugdBVtiMmER5mhSkXBNwM0mkATuDe6KYYUuxqtaiHeYGb7KaaBRdM5WqyeFiL8Ag=="},
	} {
		for _, family := range []string{"webhook", "svix"} {
			s := newSource(t, config.Source{Secrets: secrets(v.secret), Signature: config.Signature{Scheme: config.StandardWebhooks}, Form: "f",
				Layout: config.Layout{EventID: config.Place{Header: "webhook-id"}}})
			at, err := time.ParseDuration(v.stamp + "s")
			require.NoError(t, err)
			r := source.Request{Body: []byte(v.body), Received: time.Unix(int64(at.Seconds()), 0), Header: http.Header{}}
			r.Header.Set(family+"-id", v.id)
			r.Header.Set(family+"-timestamp", v.stamp)
			r.Header.Set(family+"-signature", v.signature)
			require.NoError(t, s.Verify(r), name+", "+family)
			require.Equal(t, v.id, s.Read(r).Submissions[0].Submission.EventID)

			r.Header.Del(family + "-id") // one header of each family is none of either
			r.Header.Set(map[string]string{"webhook": "svix", "svix": "webhook"}[family]+"-id", v.id)
			require.Error(t, s.Verify(r), name+", "+family)
		}
	}
}
