package salesforce

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// csvText is an answer that is not JSON.
type csvText string

// job is a load by Bulk API 2.0.
type job struct {
	id, state, message          string
	created, changed            string
	in                          jobRequest
	version                     string
	data                        []byte
	polls, processed, failed    int
	succeeded, failures, undone csvText
}

type jobRequest struct {
	Object       string `json:"object"`
	Key          string `json:"externalIdFieldName"`
	Operation    string `json:"operation"`
	ContentType  string `json:"contentType"`
	LineEnding   string `json:"lineEnding"`
	Delimiter    string `json:"columnDelimiter"`
	AssignmentID string `json:"assignmentRuleId"`
}

var delimiters = map[string]rune{"": ',', "COMMA": ',', "SEMICOLON": ';', "TAB": '\t', "PIPE": '|', "CARET": '^', "BACKQUOTE": '`'}

// ingest are the resources of bulk loads.
func (s *Server) ingest(r *request) answer {
	if len(r.path) == 2 {
		return s.on(r, methods{http.MethodPost: s.createJob})
	}
	j := s.jobs[r.path[2]]
	if j == nil {
		return notFound().answer()
	}
	with := func(serve func(*request, *job) answer) func(*request) answer {
		return func(r *request) answer { return serve(r, j) }
	}
	result := func(text csvText) func(*request) answer {
		return func(*request) answer {
			if j.state != "JobComplete" && j.state != "Failed" && j.state != "Aborted" {
				return refused(http.StatusBadRequest, "INVALIDJOBSTATE", "The job is not finished").answer()
			}
			return answer{status: http.StatusOK, body: text}
		}
	}
	switch {
	case len(r.path) == 3:
		return s.on(r, methods{http.MethodGet: with(s.poll), http.MethodPatch: with(s.closeJob), http.MethodDelete: with(s.deleteJob)})
	case len(r.path) > 4:
		return notFound().answer()
	}
	switch r.path[3] {
	case "batches":
		return s.on(r, methods{http.MethodPut: with(s.upload)})
	case "successfulResults":
		return s.on(r, methods{http.MethodGet: result(j.succeeded)})
	case "failedResults":
		return s.on(r, methods{http.MethodGet: result(j.failures)})
	case "unprocessedrecords":
		return s.on(r, methods{http.MethodGet: result(j.undone)})
	}
	return notFound().answer()
}

func (s *Server) createJob(r *request) answer {
	var in jobRequest
	if f := decode(r.body, &in); f != nil {
		return f.answer()
	}
	invalid := func(message string) answer {
		return refused(http.StatusBadRequest, "INVALIDJOB", "InvalidJob : %s", message).answer()
	}
	o := s.object(in.Object)
	_, delimited := delimiters[in.Delimiter]
	switch {
	case o == nil:
		return invalid("Unable to find object: " + in.Object)
	case !slices.Contains([]string{"insert", "update", "upsert", "delete"}, in.Operation):
		return invalid("Unknown operation: " + in.Operation)
	case in.ContentType != "" && in.ContentType != "CSV":
		return invalid("Unsupported contentType: " + in.ContentType)
	case !delimited || !slices.Contains([]string{"", "LF", "CRLF"}, in.LineEnding):
		return invalid("Unknown columnDelimiter or lineEnding")
	case in.Operation != "upsert" && in.Key != "":
		return invalid("externalIdFieldName is for upsert only")
	case in.Operation == "upsert" && !strings.EqualFold(in.Key, "Id"):
		if _, f := o.key(in.Key); f != nil {
			return invalid("External ID was blank or not an external id of " + o.name)
		}
	}
	if in.Delimiter == "" {
		in.Delimiter = "COMMA"
	}
	if in.LineEnding == "" {
		in.LineEnding = "LF"
	}
	now := moment(s.options.Now())
	j := &job{id: s.newID("750"), state: "Open", created: now, changed: now, in: in, version: strings.TrimPrefix(r.version, "v")}
	s.jobs[j.id] = j
	body := s.info(j)
	body["contentUrl"] = "services/data/" + r.version + "/jobs/ingest/" + j.id + "/batches"
	return answer{status: http.StatusOK, body: body}
}

func (s *Server) info(j *job) map[string]any {
	version, _ := strconv.ParseFloat(j.version, 64) // the path was matched
	body := map[string]any{
		"id": j.id, "operation": j.in.Operation, "object": s.object(j.in.Object).name, "createdById": IntegrationUser, "createdDate": j.created,
		"systemModstamp": j.changed, "state": j.state, "concurrencyMode": "Parallel", "contentType": "CSV", "apiVersion": version,
		"lineEnding": j.in.LineEnding, "columnDelimiter": j.in.Delimiter,
	}
	if j.in.Key != "" {
		body["externalIdFieldName"] = j.in.Key
	}
	if j.message != "" {
		body["errorMessage"] = j.message
	}
	return body
}

func (s *Server) upload(r *request, j *job) answer {
	switch kind, _, _ := strings.Cut(r.header.Get("Content-Type"), ";"); {
	case strings.TrimSpace(kind) != "text/csv":
		return refused(http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE", "The data is text/csv").answer()
	case j.state != "Open" || j.data != nil:
		return refused(http.StatusBadRequest, "INVALIDJOBSTATE", "The job has its data, or is closed").answer()
	case !utf8.Valid(r.body):
		return refused(http.StatusBadRequest, "INVALIDBATCH", "The data is not UTF-8").answer()
	}
	j.data = r.body
	return answer{status: http.StatusCreated}
}

func (s *Server) closeJob(r *request, j *job) answer {
	var in struct {
		State string `json:"state"`
	}
	if f := decode(r.body, &in); f != nil {
		return f.answer()
	}
	switch {
	case in.State == "Aborted" && j.state != "JobComplete":
		j.state = "Aborted"
	case in.State == "UploadComplete" && j.state == "Open":
		j.state = "UploadComplete"
	default:
		return refused(http.StatusBadRequest, "INVALIDJOBSTATE", "The job cannot become %s", in.State).answer()
	}
	j.changed = moment(s.options.Now())
	return answer{status: http.StatusOK, body: s.info(j)}
}

func (s *Server) deleteJob(_ *request, j *job) answer {
	if j.state == "Open" || j.state == "UploadComplete" {
		return refused(http.StatusBadRequest, "INVALIDJOBSTATE", "The job is not finished").answer()
	}
	delete(s.jobs, j.id)
	return answer{status: http.StatusNoContent}
}

// poll answers how far a job is. A job that has its data is worked through when it has been asked often enough.
func (s *Server) poll(r *request, j *job) answer {
	if j.state == "UploadComplete" || j.state == "InProgress" {
		j.state = "InProgress"
		if j.polls++; j.polls > s.options.BulkPolls {
			s.work(j)
			r.items, j.changed = j.processed, moment(s.options.Now())
		}
	}
	body := s.info(j)
	for name, value := range map[string]any{
		"jobType": "V2Ingest", "numberRecordsProcessed": j.processed, "numberRecordsFailed": j.failed, "retries": 0,
		"totalProcessingTime": j.processed, "apiActiveProcessingTime": j.processed, "apexProcessingTime": 0,
	} {
		body[name] = value
	}
	return answer{status: http.StatusOK, body: body}
}
