package hubspot

const (
	// mostlyNew is up to which part of known records a record is created without being looked for: a new one then takes one
	// call and a known one three, in the place of two and two.
	mostlyNew = 0.4
	// unsure is what is taken for that part before the first records have told.
	unsure = 0.5
	// lately is how much one record weighs in what we know of the others.
	lately = 0.02
)

// part tells the items that can be created without a look from those whose record has to be read first. HubSpot refuses to
// create a record whose unique value is taken, and says so for each record of a batch, so that a look is not needed where
// most records are new. It is needed where HubSpot does not keep the key unique.
func (c *Connector) part(o *object, batch []*item) (hopeful, doubtful []*item) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, it := range batch {
		if it.hopes = it.found == nil && !it.hoped && !it.retried && !it.write.Unheard && it.canHope() && (it.isOwn() || c.partKnown(o) < mostlyNew); !it.hopes {
			doubtful = append(doubtful, it)
			continue
		}
		it.found, it.by = nil, it.lookups[0]
		hopeful = append(hopeful, it)
	}
	return hopeful, doubtful
}

// canHope says that HubSpot itself keeps each of the keys unique.
func (it *item) canHope() bool {
	for _, l := range it.lookups {
		if len(l.key) > 0 && !it.isOwn() {
			return false
		}
	}
	return true
}

// isOwn says that the record is the submission's own: only an earlier attempt can have created it.
func (it *item) isOwn() bool {
	return len(it.lookups) == 1 && it.write.Submission != "" && it.lookups[0].property == KeyProperty && it.values[KeyProperty] == it.write.Submission
}

// learn remembers whether a record was there.
func (c *Connector) learn(o *object, wasThere bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known := c.partKnown(o) * (1 - lately)
	if wasThere {
		known += lately
	}
	c.known[o.Object.Object] = known
}

// partKnown is the part of records that were there before. The caller holds the lock.
func (c *Connector) partKnown(o *object) float64 {
	if known, told := c.known[o.Object.Object]; told {
		return known
	}
	return unsure
}

// inVain has the records of a batch read, which HubSpot refused as a whole because some are there.
func (c *Connector) inVain(o *object, batch []outgoing) (again []*item) {
	for _, out := range batch {
		c.learn(o, true)
		out.hopes, out.hoped = false, true
		again = append(again, out.item)
	}
	return again
}
