package door

import (
	"encoding/json"
	"net/http"

	"github.com/gin-gonic/gin"
)

// problem is an RFC 9457 problem. Detail names the cause and what was expected; nothing of a request is ever echoed.
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`
	// Message repeats the detail for senders that read nothing else.
	Message string `json:"message,omitempty"`
}

const problemType = "application/problem+json"

// fail answers with a problem and ends the request.
func fail(c *gin.Context, status int, detail string) {
	p := problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail}
	if manners(c).EmptyObject {
		p.Message = detail
	}
	body, err := json.Marshal(p)
	if err != nil {
		c.AbortWithStatus(status)
		return
	}
	c.Abort()
	c.Data(status, problemType, body)
}
