package crm

import "context"

// Eraser is a connector that can delete records for good, as a person may demand by law.
type Eraser interface {
	// Erasable counts the records that Erase would delete now. It changes nothing.
	Erasable(ctx context.Context, object string, key Fields) (found int, err error)
	// Erase deletes for good the records of object whose fields have the values of key, and what the vendor keeps with them,
	// and says how many there were. Each connector says what its vendor keeps all the same, and for how long. A key that no
	// record has is no error: 0 are erased, so that repeating it is safe. With an error, erased is how many went before it. A
	// key without a value is Invalid; a field that is not known is Misconfigured, and so is an object whose records cannot be
	// deleted.
	Erase(ctx context.Context, object string, key Fields) (erased int, err error)
}

// AsEraser is a connector as one that can delete. One that cannot is Misconfigured: erase_not_supported.
func AsEraser(c Connector) (Eraser, error) {
	if eraser, can := c.(Eraser); can {
		return eraser, nil
	}
	return nil, &Error{Kind: Misconfigured, Code: "erase_not_supported"}
}
