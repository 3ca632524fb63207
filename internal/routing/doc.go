// Package routing decides who gets a record: the owner it has, else what the first rule says that matches the routing
// facts of the submission, else the fallback queue. It decides from facts alone and knows neither ledger nor CRM, so
// that a table can be tried against yesterday's submissions. The state of a round robin is kept by whoever draws.
package routing
