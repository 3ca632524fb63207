package door

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"handoff/internal/source"
)

// sender is a source with its limit. A request asks for it once and stays with what it found, while others may already be
// with the source's new configuration.
type sender struct {
	*source.Source
	limit *limiter
}

// Follow takes other sources into use, at once and as a whole. A source whose rate is the same keeps what it has used of
// it, so that a reload gives nobody a second burst.
func (d *Door) Follow(sources map[string]*source.Source) {
	before := d.senders.Load()
	now := make(map[string]sender, len(sources))
	for name, s := range sources {
		now[name] = sender{Source: s, limit: newLimiter(s.Rate())}
		if before == nil {
			continue
		}
		if old, known := (*before)[name]; known && old.Rate() == s.Rate() {
			now[name] = sender{Source: s, limit: old.limit}
		}
	}
	d.senders.Store(&now)
}

// source finds the source that the path names.
func (d *Door) source(c *gin.Context) (sender, bool) {
	s, ok := (*d.senders.Load())[c.Param("source")]
	if !ok {
		d.refuse(c, "unknown_source", http.StatusNotFound, "there is no such source")
		return sender{}, false
	}
	c.Set(keySource, s.Name)
	c.Set(keyManners, s.Manners())
	return s, true
}
