package config

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"handoff/internal/yamlfile"
)

// Changes names the settings in which two configurations differ, by their paths in the file, within the given sections
// (all of them when none is given). Of a secret it says that it differs, by the path of what it belongs to.
func Changes(old, now *Config, sections ...string) []string {
	return (&differences{}).between(old, now, sections)
}

// NeedsRestart names what Changes does, but for secrets that a running program follows: those of destinations and channels
// that are in a file or a secret manager.
func NeedsRestart(started, now *Config, sections ...string) []string {
	return (&differences{following: []string{"destinations", "notify"}}).between(started, now, sections)
}

type differences struct {
	paths     []string
	following []string // sections whose secrets are followed
	followed  bool     // whether those of this section are
}

func (d *differences) between(old, now *Config, sections []string) []string {
	a, b := reflect.ValueOf(*old), reflect.ValueOf(*now)
	for i := range a.NumField() {
		section := a.Type().Field(i).Tag.Get("yaml")
		if section == "" || len(sections) > 0 && !slices.Contains(sections, section) {
			continue
		}
		d.followed = slices.Contains(d.following, section)
		d.compare(yamlfile.Key(yamlfile.Root, section), a.Field(i), b.Field(i))
	}
	slices.Sort(d.paths)
	return slices.Compact(d.paths)
}

func (d *differences) compare(path string, a, b reflect.Value) {
	if reflect.DeepEqual(a.Interface(), b.Interface()) {
		return
	}
	switch {
	case d.followed && replaceable(a) && replaceable(b):
	case a.Type() == reflect.TypeFor[Secret]() || a.Type() == reflect.TypeFor[[]Secret]():
		d.add(path + " (secret)")
	case a.Kind() == reflect.Pointer && !a.IsNil() && !b.IsNil():
		d.compare(path, a.Elem(), b.Elem())
	case a.Kind() == reflect.Map:
		keys := map[string]bool{}
		for _, key := range append(a.MapKeys(), b.MapKeys()...) {
			keys[key.String()] = true
		}
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			at := yamlfile.Key(path, key)
			x, y := a.MapIndex(reflect.ValueOf(key)), b.MapIndex(reflect.ValueOf(key))
			if x.IsValid() && y.IsValid() {
				d.compare(at, x, y)
			} else {
				d.add(at)
			}
		}
	case a.Kind() == reflect.Struct && tagged(a.Type()):
		for i := range a.NumField() {
			field := a.Type().Field(i)
			switch key := field.Tag.Get("yaml"); {
			case !field.IsExported():
			case key == "" || key == "-": // what was read elsewhere: a secret, mostly
				d.compare(path, a.Field(i), b.Field(i))
			default:
				d.compare(yamlfile.Key(path, key), a.Field(i), b.Field(i))
			}
		}
	default:
		d.add(path)
	}
}

// replaceable says whether a value is a secret that may be replaced while programs run.
func replaceable(v reflect.Value) bool {
	secret, is := v.Interface().(Secret)
	return is && secret.Replaceable()
}

func (d *differences) add(path string) {
	d.paths = append(d.paths, strings.TrimPrefix(path, yamlfile.Root+"."))
}

// tagged says whether a struct is written key by key; others are written as one text.
func tagged(t reflect.Type) bool {
	for i := range t.NumField() {
		if t.Field(i).Tag.Get("yaml") != "" {
			return true
		}
	}
	return false
}
