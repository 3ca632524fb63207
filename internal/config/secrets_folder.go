package config

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// secretsFolder is the variable that names a folder of secrets, or several as in PATH: one file each, called like the
// variable that it stands for, as orchestrators mount them. A running program's environment cannot change, and such a folder
// can: a source that is new finds its secret there without a restart. Whoever needs the secrets of several programs has the
// folder of each.
const secretsFolder = "HANDOFF_SECRETS_DIR"

// inFolder is the file in the first folder of secrets with one that stands for a variable, or "".
func (e environment) inFolder(variable string) string {
	for _, folder := range filepath.SplitList(e[secretsFolder]) {
		path := filepath.Join(folder, variable)
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	return ""
}

// Files are the files and folders that Load reads, or would read were they there: the configuration at path, unless that
// is empty, and those that the environment names.
func Files(path string, environ []string) []string {
	var files []string
	if path != "" {
		files = append(files, path)
	}
	variables := newEnvironment(environ)
	for _, name := range slices.Sorted(maps.Keys(variables)) { // in an order, for whoever hashes them
		if name == secretsFolder {
			files = append(files, filepath.SplitList(variables[name])...)
		} else if strings.HasSuffix(name, fileSuffix) && !strings.HasPrefix(name, "TEMPORAL_") {
			files = append(files, variables[name])
		}
	}
	return files
}
