package pacing

import (
	"testing"

	"handoff/internal/crm/apidescription"
)

// Hold has everything that connectors made from now on send checked against HubSpot's description of its API.
func (h *HubSpot) Hold(t testing.TB) {
	h.way.front = apidescription.Around(t, h.way.front, apidescription.HubSpot)
}

// Hold has everything that connectors made from now on send checked against Salesforce's description of its API.
func (s *Salesforce) Hold(t testing.TB) {
	s.way.front = apidescription.Around(t, s.way.front, apidescription.Salesforce)
}
