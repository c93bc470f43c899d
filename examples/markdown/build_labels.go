package main

import (
	"path/filepath"
	"runtime/debug"
)

// buildLabels says of every profile which build it comes from, as the binary knows it itself: so
// that a profile server can tell builds apart, and those made with a profile from those without.
func buildLabels() map[string]string {
	labels := map[string]string{"pgo": "off"}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return labels
	}
	for _, setting := range info.Settings {
		switch setting.Key {
		case "-pgo":
			labels["pgo"] = filepath.Base(setting.Value)
		case "vcs.revision":
			labels["service_git_ref"] = setting.Value
		}
	}
	return labels
}
