package restapi

import (
	"maps"
	"slices"
	"strings"

	"handoff/internal/yamlfile"
)

// paging are the names that a request for pages may have.
var paging = []string{"limit", "cursor", "offset", "page"}

func (c *checker) page(path string, p Page, r Request) {
	if p.Size < 0 || p.Size > 5000 {
		c.add(path+".size", "want 1 to 5000")
	}
	used := r.holes()
	ways := 0
	for _, set := range []bool{p.Next != "", p.Link, p.Cursor != "", slices.Contains(used, "offset"), slices.Contains(used, "page")} {
		if set {
			ways++
		}
	}
	if ways > 1 {
		c.add(path, "want one way to the next page: next, link, cursor, {offset} or {page}")
	}
	if (p.Cursor != "") != slices.Contains(used, "cursor") {
		c.add(path+".cursor", "want both the path of the cursor and {cursor} in the request")
	}
}

func (r Request) holes() []string {
	_, path := r.Target()
	found := append(Holes(path), Holes(r.Body)...)
	for _, text := range r.Query {
		found = append(found, Holes(text)...)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func (c *checker) uses(path string, r Request, names ...string) {
	for _, name := range names {
		if !slices.Contains(r.holes(), name) {
			c.add(path, "want {%s} in its path, query or body", name)
		}
	}
}

func (c *checker) holes(path string, tree any, known []string) {
	for _, name := range Holes(tree) {
		if !slices.Contains(known, name) {
			c.add(path, "%s", yamlfile.Unknown("name in braces", name, known))
		}
	}
}

func (c *checker) request(path string, r Request, known []string) {
	set := 0
	for _, target := range r.targets() {
		if target[1] == "" {
			continue
		}
		set++
		at := path + "." + strings.ToLower(target[0])
		if !strings.HasPrefix(target[1], "/") || strings.ContainsAny(target[1], "?# \r\n") {
			c.add(at, "want a path that begins with / below base_url; parameters go into query")
		}
		c.holes(at, target[1], known)
	}
	if set != 1 {
		c.add(path, "want one of get, post, put and patch")
	}
	for _, name := range slices.Sorted(maps.Keys(r.Query)) {
		c.holes(yamlfile.Key(path+".query", name), r.Query[name], known)
	}
	c.headers(path+".headers", r.Headers)
	for _, name := range slices.Sorted(maps.Keys(r.Headers)) {
		c.holes(yamlfile.Key(path+".headers", name), r.Headers[name], known)
	}
	c.holes(path+".body", r.Body, known)
	if r.Class != "" {
		c.oneOf(path+".class", "class", r.Class, classes)
	}
}
