package door

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"handoff/internal/source"
)

// challenge answers a sender that asks, before it sends anything, whether the endpoint belongs to who configured it.
func (d *Door) challenge(c *gin.Context) {
	s, ok := d.source(c)
	if !ok {
		return
	}
	if !s.Challenges() {
		notPost(c)
		return
	}
	now, ok := d.admit(c, s)
	if !ok {
		return
	}
	answer, err := s.Challenge(source.Request{Method: c.Request.Method, URI: c.Request.RequestURI, Header: c.Request.Header, Received: now})
	if err != nil {
		d.unverified(c, err, "the question is not one that this source asks")
		return
	}
	d.result(c, "handshake")
	c.Data(answer.Status, answer.ContentType, []byte(answer.Body))
}

func notPost(c *gin.Context) {
	c.Header("Allow", http.MethodPost)
	fail(c, http.StatusMethodNotAllowed, "deliveries are sent with POST")
}
