package salesforce

import (
	"net/http"
	"regexp"
	"strings"
)

var versionName = regexp.MustCompile(`^v(3[1-9]|[45]\d|6[0-7])\.0$`)

// dispatch answers a call, or a part of a composite.
func (s *Server) dispatch(r *request) answer {
	if !versionName.MatchString(r.version) {
		return notFound().answer()
	}
	path := r.path
	switch {
	case len(path) == 1 && path[0] == "sobjects":
		return s.on(r, methods{http.MethodGet: s.listObjects})
	case len(path) >= 2 && path[0] == "sobjects":
		return s.sobjects(r)
	case len(path) == 1 && path[0] == "composite":
		return s.on(r, methods{http.MethodPost: s.composite})
	case len(path) == 2 && path[0] == "composite" && path[1] == "sobjects":
		return s.on(r, methods{http.MethodPost: s.createMany, http.MethodPatch: s.updateMany, http.MethodDelete: s.deleteMany})
	case len(path) == 3 && path[0] == "composite" && path[1] == "sobjects":
		return s.on(r, methods{http.MethodPost: s.retrieve, http.MethodGet: s.retrieve})
	case len(path) == 4 && path[0] == "composite" && path[1] == "sobjects":
		return s.on(r, methods{http.MethodPatch: s.upsertMany})
	case len(path) == 1 && (path[0] == "query" || path[0] == "queryAll"):
		return s.on(r, methods{http.MethodGet: s.query})
	case len(path) == 2 && (path[0] == "query" || path[0] == "queryAll"):
		return s.on(r, methods{http.MethodGet: s.nextPage})
	case len(path) == 1 && path[0] == "limits":
		return s.on(r, methods{http.MethodGet: s.limits})
	case len(path) >= 2 && path[0] == "jobs" && path[1] == "ingest":
		return s.ingest(r)
	case len(path) == 0:
		return s.on(r, methods{http.MethodGet: s.resources})
	}
	return notFound().answer()
}

// resources are what there is, and who asks.
func (s *Server) resources(r *request) answer {
	return answer{status: http.StatusOK, body: map[string]string{
		"sobjects": r.base() + "/sobjects", "composite": r.base() + "/composite", "query": r.base() + "/query", "limits": r.base() + "/limits",
		"jobs": r.base() + "/jobs", "identity": "https://login.salesforce.com/id/" + organization + "/" + IntegrationUser,
	}}
}

// methods are what can be done with a resource.
type methods map[string]func(*request) answer

func (s *Server) on(r *request, can methods) answer {
	serve, allowed := can[r.method]
	if !allowed {
		return notAllowed(r.method).answer()
	}
	return serve(r)
}

// sobjects are the resources of one object.
func (s *Server) sobjects(r *request) answer {
	o := s.object(r.path[1])
	if o == nil {
		return notFound().answer()
	}
	with := func(serve func(*request, *object) answer) func(*request) answer {
		return func(r *request) answer { return serve(r, o) }
	}
	switch {
	case len(r.path) == 2:
		return s.on(r, methods{http.MethodPost: with(s.create), http.MethodGet: with(s.basic)})
	case len(r.path) == 3 && r.path[2] == "describe":
		return s.on(r, methods{http.MethodGet: with(s.describe)})
	case len(r.path) == 3 && r.path[2] == "updated":
		return s.on(r, methods{http.MethodGet: with(s.updated)})
	case len(r.path) == 3 && r.path[2] == "deleted":
		return s.on(r, methods{http.MethodGet: with(s.deleted)})
	case len(r.path) == 3, len(r.path) == 4 && strings.EqualFold(r.path[2], "Id"):
		return s.on(r, methods{http.MethodGet: with(s.get), http.MethodPatch: with(s.update), http.MethodDelete: with(s.erase)})
	case len(r.path) == 4 && strings.HasSuffix(strings.ToLower(r.path[3]), ".inc"): // taken for the name of a format
		return notFound().answer()
	case len(r.path) == 4:
		return s.on(r, methods{http.MethodGet: with(s.getByKey), http.MethodPatch: with(s.upsert), http.MethodDelete: with(s.eraseByKey)})
	}
	return notFound().answer()
}
