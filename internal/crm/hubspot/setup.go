package hubspot

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"

	"handoff/internal/crm"
)

// newProperty is a property that is to be made.
type newProperty struct {
	Name        string   `json:"name"`
	Label       string   `json:"label"`
	Type        string   `json:"type"`
	FieldType   string   `json:"fieldType"`
	GroupName   string   `json:"groupName"`
	Description string   `json:"description,omitempty"`
	Options     []option `json:"options,omitempty"`
	Unique      bool     `json:"hasUniqueValue"`
	Hidden      bool     `json:"hidden"`
	FormField   bool     `json:"formField"`
}

type option struct {
	Label  string `json:"label"`
	Value  string `json:"value"`
	Order  int    `json:"displayOrder"`
	Hidden bool   `json:"hidden"`
}

// groupName is the group of Handoff's own properties.
const groupName = "handoff"

// ownProperties are what Handoff needs on every object that it writes.
func ownProperties() []newProperty {
	return []newProperty{
		{
			Name: StateProperty, Label: "Handoff: state", Type: "string", FieldType: "textarea", GroupName: groupName, Hidden: true,
			Description: "When each field was answered, and which submission made the record. Handoff keeps it; do not change it.",
		},
		{
			Name: KeyProperty, Label: "Handoff: key", Type: "string", FieldType: "text", GroupName: groupName, Unique: true,
			Description: "What identifies the record for Handoff, such as a company's domain. No two records share one.",
		},
	}
}

// setupObjects are prepared where the configuration names no objects.
var setupObjects = []string{"company", "contact", "deal", "lead"}

// Setup creates the properties that Handoff needs, on the objects of the configuration, where they are missing. It changes
// and deletes nothing and may be repeated. It returns what it created; an object that cannot be prepared does not keep the
// others from being.
func (c *Connector) Setup(ctx context.Context) ([]string, error) {
	names := slices.Sorted(maps.Keys(c.config.Objects))
	if len(names) == 0 {
		names = setupObjects
	}
	var created []string
	var problems []error
	done := map[string]bool{}
	for _, name := range names {
		if path := c.path(name); !done[path] {
			done[path] = true
			more, failure := c.setUp(ctx, name)
			created = append(created, more...)
			if failure != nil {
				problems = append(problems, failure)
			}
		}
	}
	return created, errors.Join(problems...)
}

// SetupObject is Setup for one object, by the name that mappings use.
func (c *Connector) SetupObject(ctx context.Context, name string) ([]string, error) {
	created, failure := c.setUp(ctx, name)
	return created, asError(failure)
}

func (c *Connector) setUp(ctx context.Context, name string) ([]string, *crm.Error) {
	if kind := c.beside(name); kind != nil {
		o, _, failure := c.object(ctx, "contacts", 0)
		if failure != nil {
			return nil, failure
		}
		return c.create(ctx, o, []newProperty{memoryProperty(kind.memory())})
	}
	o, _, failure := c.object(ctx, name, 0)
	if failure != nil {
		return nil, failure
	}
	return c.create(ctx, o, ownProperties())
}

// create creates those properties that an object has not.
func (c *Connector) create(ctx context.Context, o *object, properties []newProperty) (created []string, failure *crm.Error) {
	path := pathTo(areaProperties, o.Object.Object)
	grouped := false
	for _, p := range properties {
		if _, there := o.properties[p.Name]; there {
			continue
		}
		if !grouped {
			group := map[string]string{"name": groupName, "label": "Handoff"}
			if _, failure := c.wire.Do(ctx, "create group of "+o.name, http.MethodPost, path+"/groups", group); failure != nil && !exists(failure) {
				return created, failure
			}
			grouped = true
		}
		_, failure := c.wire.Do(ctx, "create property of "+o.name, http.MethodPost, path, p)
		if failure != nil && !exists(failure) {
			failure.Fields = []string{p.Name}
			return created, failure
		}
		if failure == nil {
			created = append(created, "property "+o.Object.Object+"."+p.Name)
		}
	}
	if grouped {
		_, _, failure = c.object(ctx, o.name, 0)
	}
	return created, failure
}

// exists says that somebody else was quicker.
func exists(failure *crm.Error) bool { return failure.Kind == crm.Conflict }
