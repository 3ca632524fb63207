package submission

// CheckType is the name under which the scheduled check of a destination is registered.
const CheckType = "CheckDestination"

// Check is the input of a scheduled check.
type Check struct {
	Destination string `json:"destination"`
}

// ScheduleCheck is the id of a destination's schedule, and what the ids of its runs begin with.
func ScheduleCheck(destination string) string { return "check-" + destination }
