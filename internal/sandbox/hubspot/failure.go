package hubspot

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
)

// failure is an error in HubSpot's words: the whole answer, or one item of a batch.
type failure struct {
	Status      int
	Category    string
	SubCategory string
	Message     string
	Errors      []detail
	Context     map[string][]string
	Links       map[string]string
	ErrorType   string
	PolicyName  string
	GroupName   string
	wrong       []invalid
}

// detail is one entry of an error's list.
type detail struct {
	Message string              `json:"message"`
	Code    string              `json:"code,omitempty"`
	Context map[string][]string `json:"context,omitempty"`
}

// wire is the order and the presence of members as recorded answers have them.
type wire struct {
	Status        string              `json:"status"`
	Message       string              `json:"message"`
	ErrorType     string              `json:"errorType,omitempty"`
	CorrelationID string              `json:"correlationId,omitempty"`
	PolicyName    string              `json:"policyName,omitempty"`
	GroupName     string              `json:"groupName,omitempty"`
	RequestID     string              `json:"requestId,omitempty"`
	Context       map[string][]string `json:"context,omitempty"`
	Errors        []detail            `json:"errors,omitempty"`
	Links         map[string]string   `json:"links,omitempty"`
	Category      string              `json:"category,omitempty"`
	SubCategory   string              `json:"subCategory,omitempty"`
}

func (f *failure) wire(correlation string) wire {
	w := wire{
		Status: "error", Message: f.Message, ErrorType: f.ErrorType, CorrelationID: correlation, PolicyName: f.PolicyName,
		GroupName: f.GroupName, Context: f.Context, Errors: f.Errors, Links: f.Links, Category: f.Category, SubCategory: f.SubCategory,
	}
	if f.PolicyName == "DAILY" {
		w.RequestID = correlation
	}
	return w
}

// item is the failure as an entry of a batch's errors.
func (f *failure) item(trace string) wire {
	w := f.wire("")
	w.Errors = nil
	if len(f.wrong) > 0 { // an item says it shorter than an answer of its own
		short := make([]invalid, len(f.wrong))
		for i, wrong := range f.wrong {
			wrong.Localized, wrong.Portal = "", 0
			short[i] = wrong
		}
		w.Message = validation(short).Message
	}
	if trace != "" {
		context := map[string][]string{"objectWriteTraceId": {trace}}
		for key, values := range f.Context {
			context[key] = values
		}
		w.Context = context
	}
	return w
}

func (f *failure) answer() answer { return answer{status: f.Status, body: f} }

// err is the failure for callers that do not speak HTTP.
func (f *failure) err() error { return errors.New(f.Message) }

// invalid is one property value that is wrong.
type invalid struct {
	IsValid   bool   `json:"isValid"`
	Message   string `json:"message"`
	Error     string `json:"error"`
	Name      string `json:"name"`
	Localized string `json:"localizedErrorMessage,omitempty"`
	Portal    int64  `json:"portalId,omitempty"`
}

// validation is the failure of a record, or of a batch, with wrong values.
func validation(wrong []invalid) *failure {
	if len(wrong) == 0 {
		return nil
	}
	var list bytes.Buffer
	encoder := json.NewEncoder(&list)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(wrong) // texts only: it cannot go wrong
	f := &failure{
		Status: http.StatusBadRequest, Category: "VALIDATION_ERROR", wrong: wrong,
		Message: "Property values were not valid: " + string(bytes.TrimSpace(list.Bytes())),
	}
	for _, w := range wrong {
		d := detail{Message: w.Message, Code: w.Error, Context: map[string][]string{"propertyName": {w.Name}}}
		if !slices.ContainsFunc(f.Errors, func(o detail) bool { return o.Message == d.Message && o.Code == d.Code }) {
			f.Errors = append(f.Errors, d)
		}
	}
	return f
}

func badRequest(format string, args ...any) *failure {
	return &failure{Status: http.StatusBadRequest, Category: "VALIDATION_ERROR", Message: fmt.Sprintf(format, args...)}
}

func notFound(message string) *failure {
	return &failure{Status: http.StatusNotFound, Category: "OBJECT_NOT_FOUND", Message: message}
}

func duplicateIDs(ids []string) *failure {
	return &failure{
		Status: http.StatusBadRequest, Category: "VALIDATION_ERROR", Context: map[string][]string{"ids": ids},
		Message: fmt.Sprintf("Duplicate IDs found in batch input: %v. IDs must be unique", ids),
	}
}

func unknownType(name string) *failure {
	return &failure{Status: http.StatusBadRequest, Message: "Unable to infer object type from: " + name}
}
