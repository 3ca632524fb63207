package salesforce_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/crm/salesforce"
	"handoff/internal/sandbox"
	org "handoff/internal/sandbox/salesforce"
	"handoff/internal/sandbox/sandboxtest"
)

// inquiry is a write of the customer's own object by an external id.
func inquiry(number string, minute int, fields crm.Fields) crm.Write {
	all := crm.Fields{"Number__c": number}
	for name, value := range fields {
		all[name] = value
	}
	return crm.Write{
		Submission: "sub " + number, Keys: [][]string{{"Number__c"}}, Fields: all, SubmittedAt: noon.Add(time.Duration(minute) * time.Minute),
	}
}

// TestLoneRecords: a lone record is written by the resource of one record: a new one is upserted by its external id, one that
// exists is updated by its id, and what depends on its being new is created.
func TestLoneRecords(t *testing.T) {
	t.Parallel()
	s := start(t, org.Options{})
	c := connect(t, s, nil)
	written(t, c.Upsert(t.Context(), "Inquiry__c", []crm.Write{inquiry("warm", 0, nil)})[0])
	written(t, c.Upsert(t.Context(), "lead", []crm.Write{person("warm@example.com", nil)})[0])
	createOnly := inquiry("8", 0, crm.Fields{"First__c": "x"})
	createOnly.CreateOnly = []string{"First__c"}
	const objects = "/services/data/v67.0/sobjects/"
	var id string
	for _, step := range []struct {
		object       string
		write        crm.Write
		method, path string // "" for none
		want         crm.Outcome
	}{
		{"Inquiry__c", inquiry("7 ä", 0, crm.Fields{"First__c": "x"}), http.MethodPatch, objects + "Inquiry__c/Number__c/7 ä", crm.Created},
		{"Inquiry__c", inquiry("7 ä", 1, crm.Fields{"First__c": "y"}), http.MethodPatch, objects + "Inquiry__c/", crm.Created}, // by the submission that made it
		{"Inquiry__c", inquiry("7 ä", 1, crm.Fields{"First__c": "y"}), "", "", crm.Created},
		{"Inquiry__c", createOnly, http.MethodPost, objects + "Inquiry__c", crm.Created},
		{"Inquiry__c", inquiry("ann@example.inc", 0, nil), http.MethodPost, objects + "Inquiry__c", crm.Created},
		{"lead", person("luke@example.com", nil), http.MethodPost, objects + "Lead", crm.Created},
	} {
		s.Salesforce.ForgetCalls()
		result := written(t, c.Upsert(t.Context(), step.object, []crm.Write{step.write})[0])
		require.Equal(t, step.want, result.Outcome)
		require.Equal(t, 1, result.Call.Batch)
		calls := s.Salesforce.Calls()
		if step.method == "" {
			require.Len(t, calls, 1, "a repetition reads")
			require.Equal(t, id, result.RecordID)
			continue
		}
		require.Len(t, calls, 2)
		if step.path == objects+"Inquiry__c/" {
			require.Equal(t, id, result.RecordID)
			step.path += id
		}
		require.Equal(t, []string{step.method, step.path}, []string{calls[1].Method, calls[1].Path})
		id = result.RecordID
	}
	require.Len(t, s.Salesforce.Records("Inquiry__c"), 4)
	require.Equal(t, "y", s.Salesforce.Records("Inquiry__c")[1]["First__c"])
}

// meanwhile does something just before the first request of a method is answered.
type meanwhile struct {
	method, or string
	do         func()
}

func (m *meanwhile) RoundTrip(r *http.Request) (*http.Response, error) {
	if (r.Method == m.method || r.Method == m.or) && m.do != nil {
		do := m.do
		m.do = nil
		do()
	}
	return http.DefaultTransport.RoundTrip(r)
}

// TestSomebodyWasQuicker: I2 and I5 hold when a record appears, or goes, between the look and the write.
func TestSomebodyWasQuicker(t *testing.T) {
	t.Parallel()
	t.Run("a record appears that is upserted", func(t *testing.T) {
		t.Parallel()
		s := start(t, org.Options{})
		way := &meanwhile{method: http.MethodPatch}
		c := connect(t, s, func(c *salesforce.Config) { c.Transport = way })
		way.do = func() { s.Salesforce.Put("Inquiry__c", "", map[string]any{"Number__c": "7", "Last__c": "theirs"}) }
		result := written(t, c.Upsert(t.Context(), "Inquiry__c", []crm.Write{inquiry("7", 0, crm.Fields{"First__c": "ours"})})[0])
		require.Equal(t, crm.Updated, result.Outcome)
		record := s.Salesforce.Records("Inquiry__c")
		require.Len(t, record, 1)
		require.Equal(t, []any{"ours", "theirs"}, []any{record[0]["First__c"], record[0]["Last__c"]})
	})
	t.Run("a record appears that is created", func(t *testing.T) {
		t.Parallel()
		s := start(t, org.Options{})
		way := &meanwhile{method: http.MethodPost}
		c := connect(t, s, func(c *salesforce.Config) { c.Transport = way })
		way.do = func() { s.Salesforce.Put("Inquiry__c", "", map[string]any{"Number__c": "7", "First__c": "theirs"}) }
		w := inquiry("7", 0, crm.Fields{"First__c": "ours", "Last__c": "ours"})
		w.CreateOnly = []string{"First__c"}
		result := written(t, c.Upsert(t.Context(), "Inquiry__c", []crm.Write{w})[0])
		require.Equal(t, crm.Updated, result.Outcome)
		record := s.Salesforce.Records("Inquiry__c")
		require.Len(t, record, 1)
		require.Equal(t, []any{"theirs", "ours"}, []any{record[0]["First__c"], record[0]["Last__c"]})
	})
	t.Run("a record goes that is updated", func(t *testing.T) {
		t.Parallel()
		s := start(t, org.Options{})
		way := &meanwhile{method: http.MethodPatch}
		c := connect(t, s, func(c *salesforce.Config) { c.Transport = way })
		id := s.Salesforce.Put("Inquiry__c", "", map[string]any{"Number__c": "7"})
		way.do = func() { remove(t, s, id) }
		result := written(t, c.Upsert(t.Context(), "Inquiry__c", []crm.Write{inquiry("7", 0, crm.Fields{"First__c": "ours"})})[0])
		require.Equal(t, crm.Created, result.Outcome)
		require.NotEqual(t, id, result.RecordID)
		require.Len(t, s.Salesforce.Records("Inquiry__c"), 1)
	})
	t.Run("a record goes that is updated together with a new one", func(t *testing.T) {
		t.Parallel()
		s := start(t, org.Options{})
		plain := connect(t, s, nil)
		id := written(t, plain.Upsert(t.Context(), "Inquiry__c", []crm.Write{inquiry("7", 0, crm.Fields{"First__c": "Luke", "Last__c": "Danes"})})[0]).RecordID
		c := connect(t, s, func(c *salesforce.Config) {
			c.Transport = &meanwhile{method: http.MethodPatch, or: http.MethodPost, do: func() { remove(t, s, id) }}
		})
		again := inquiry("7", 1, crm.Fields{"First__c": "Lucas", "Last__c": "Danes"})
		again.Submission = "sub 2"
		results := c.Upsert(t.Context(), "Inquiry__c", []crm.Write{again, inquiry("8", 1, nil)})
		for _, result := range results {
			require.Equal(t, crm.Created, written(t, result).Outcome)
		}
		require.Len(t, s.Salesforce.Records("Inquiry__c"), 2)
		record := byField(s, "Inquiry__c", "Number__c")["7"]
		require.Equal(t, []any{results[0].RecordID, "Lucas", "Danes"}, []any{record["Id"], record["First__c"], record["Last__c"]}, "the whole answer")
	})
}

// remove deletes an inquiry, as a person does.
func remove(t *testing.T, s *sandboxtest.Running, id string) {
	t.Helper()
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodDelete, s.URL+"/services/data/v67.0/sobjects/Inquiry__c/"+id, nil)
	r.Header.Set("Authorization", "Bearer "+org.Token)
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
}

// TestFixtureLoneUpsert: the recorded answers to an upsert of one record say whether it was new.
func TestFixtureLoneUpsert(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]crm.Outcome{"lead_upsert_201_created": crm.Created, "lead_upsert_200_updated": crm.Updated} {
		f := readFixture(t, name)
		var method, path string
		var sent map[string]any
		c := replay(t, func(w http.ResponseWriter, r *http.Request) {
			method, path = r.Method, r.URL.Path
			_ = json.NewDecoder(r.Body).Decode(&sent)
			f.send(w)
		})
		result := written(t, c.Upsert(t.Context(), "lead", []crm.Write{lead("sub-0001")})[0])
		require.Equal(t, want, result.Outcome, name)
		require.Equal(t, "00QdL00000AbC01UAF", result.RecordID)
		require.Equal(t, []string{http.MethodPatch, "/services/data/v67.0/sobjects/Lead/Submission_Key__c/sub-0001"}, []string{method, path})
		require.NotContains(t, sent, "Submission_Key__c", "the key stands in the path and nowhere else")
		require.Equal(t, "x", sent["LastName"])
	}
}

// TestLoneFaults: what goes wrong with a lone write is what goes wrong with many.
func TestLoneFaults(t *testing.T) {
	t.Parallel()
	s := start(t, org.Options{})
	c := connect(t, s, nil)
	written(t, c.Upsert(t.Context(), "Inquiry__c", []crm.Write{inquiry("1", 0, nil)})[0])
	for kind, want := range map[sandbox.Kind]crm.Kind{sandbox.RateLimit: crm.RateLimited, sandbox.Locked: crm.Transient, sandbox.HTML: crm.Transient} {
		require.NoError(t, s.Faults.Add(sandbox.Fault{Kind: kind, Path: "/sobjects/"}))
		result := c.Upsert(t.Context(), "Inquiry__c", []crm.Write{inquiry("1", 1, crm.Fields{"First__c": "x"})})[0]
		s.Faults.Clear()
		require.NotNil(t, result.Err, kind)
		require.Equal(t, want, result.Err.Kind, kind)
		require.NotEmpty(t, result.Call.Request)
	}
	bad := c.Upsert(t.Context(), "Inquiry__c", []crm.Write{inquiry("2", 0, crm.Fields{"Stage__c": "on no list"})})[0]
	require.Equal(t, crm.Invalid, bad.Err.Kind)
	require.Equal(t, []string{"Stage__c"}, bad.Err.Fields)
}
