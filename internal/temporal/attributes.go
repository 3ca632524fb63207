package temporal

import (
	"context"
	"fmt"
	"slices"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/sdk/client"

	"handoff/internal/submission"
)

// RegisterSearchAttributes makes the namespace know Handoff's search attributes. It is part of deployment: with one
// missing, Temporal refuses every start. Repeating it changes nothing.
func RegisterSearchAttributes(ctx context.Context, c client.Client, namespace string) error {
	missing, err := MissingSearchAttributes(ctx, c, namespace)
	if err != nil || len(missing) == 0 {
		return err
	}
	attributes := make(map[string]enumspb.IndexedValueType, len(missing))
	for _, name := range missing {
		attributes[name] = enumspb.INDEXED_VALUE_TYPE_KEYWORD
	}
	_, err = c.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
		Namespace: namespace, SearchAttributes: attributes,
	})
	if err != nil {
		return fmt.Errorf("register the search attributes %v in namespace %s: %w", missing, namespace, err)
	}
	return nil
}

// MissingSearchAttributes names the search attributes that the namespace does not know, or knows with another type.
func MissingSearchAttributes(ctx context.Context, c client.Client, namespace string) ([]string, error) {
	known, err := c.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
	if err != nil {
		return nil, fmt.Errorf("list the search attributes of namespace %s: %w", namespace, err)
	}
	var missing []string
	for _, key := range submission.SearchAttributes {
		if known.GetCustomAttributes()[key.GetName()] != enumspb.INDEXED_VALUE_TYPE_KEYWORD {
			missing = append(missing, key.GetName())
		}
	}
	slices.Sort(missing)
	return missing, nil
}
