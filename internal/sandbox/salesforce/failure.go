package salesforce

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// failure is an error in Salesforce's words.
type failure struct {
	Status    int
	Code      string
	Message   string
	Fields    []string       // not sent when nil
	Duplicate map[string]any // what a duplicate rule found
}

// failures are what is wrong with one record.
type failures []*failure

// single is the failure as an answer of its own has it.
func (f *failure) single() map[string]any {
	entry := map[string]any{"message": f.Message, "errorCode": f.Code}
	if f.Fields != nil {
		entry["fields"] = f.Fields
	}
	if f.Duplicate != nil {
		entry["duplicateResut"] = f.Duplicate // Salesforce spells it so
		delete(entry, "fields")
	}
	return entry
}

// item is the failure as an entry of a collection has it.
func (f *failure) item() map[string]any {
	fields := f.Fields
	if fields == nil {
		fields = []string{}
	}
	return map[string]any{"statusCode": f.Code, "message": f.Message, "fields": fields}
}

func (f *failure) answer() answer { return failures{f}.answer() }

func (all failures) answer() answer {
	list := make([]map[string]any, len(all))
	for i, f := range all {
		list[i] = f.single()
	}
	return answer{status: all[0].Status, body: list}
}

func (all failures) items() []map[string]any {
	list := make([]map[string]any, len(all))
	for i, f := range all {
		list[i] = f.item()
	}
	return list
}

// wrong is something that is wrong with a record.
func wrong(code string, fields []string, format string, args ...any) *failure {
	if fields == nil {
		fields = []string{}
	}
	return &failure{Status: http.StatusBadRequest, Code: code, Message: fmt.Sprintf(format, args...), Fields: fields}
}

// refused is something that is wrong with a request.
func refused(status int, code, format string, args ...any) *failure {
	return &failure{Status: status, Code: code, Message: fmt.Sprintf(format, args...)}
}

func notFound() *failure {
	return refused(http.StatusNotFound, "NOT_FOUND", "The requested resource does not exist")
}

func unknownKey(field string) *failure {
	return refused(http.StatusNotFound, "NOT_FOUND", "Provided external ID field does not exist or is not accessible: %s", field)
}

func notAllowed(method string) *failure {
	return refused(http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED", "HTTP Method '%s' not allowed.", method)
}

func rolledBack() *failure {
	return wrong("ALL_OR_NONE_OPERATION_ROLLED_BACK", nil, "Record rolled back because not all records were valid and the request was using AllOrNone header")
}

// decode reads a body strictly: the vendor's description says which members there are.
func decode(body []byte, into any) *failure {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	if err == nil {
		if _, more := decoder.Token(); more != io.EOF {
			err = fmt.Errorf("something comes after the value")
		}
	}
	if err != nil {
		return refused(http.StatusBadRequest, "JSON_PARSER_ERROR", "%s", strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}
