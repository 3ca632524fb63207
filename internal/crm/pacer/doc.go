// Package pacer stands in front of each destination. It gathers the writes that are on their way at the same moment into the
// vendor's batches, sends requests at the rate that the vendor allows and no faster, lets live leads go before a backfill,
// shares one allowance between several workers, and stops asking a CRM that is down.
//
// A Pacer is a crm.Connector around another one. There are three parts: a gate, which every single request passes (gate.go,
// window.go, breaker.go); gatherers, which decide what goes into a request (gather.go) or into a load of thousands (bulk.go);
// and the lease of a part of the allowance, where several workers share it (lease.go).
//
// A caller waits for at most Options.Linger. Whoever would wait longer is told at once that they are RateLimited, with a turn
// of their own, and comes back then: nothing that waits holds a worker's slot.
package pacer
