package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"

	"github.com/google/pprof/profile"
)

// cpuNanos is the process's user and system time: unlike a clock on the wall it is not disturbed
// by what else the machine does, and it counts the garbage collector, which is part of the cost.
func cpuNanos() int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}

// measure repeats `step`, which handles `count` profiles, and prints nanoseconds per profile.
func measure(name string, seconds float64, count int, step func() error) error {
	runtime.GC()
	start, rounds := cpuNanos(), 0
	for {
		if err := step(); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		rounds++
		spent := cpuNanos() - start
		if float64(spent) >= seconds*1e9 {
			fmt.Printf("%s %.0f\n", name, float64(spent)/float64(rounds*count))
			return nil
		}
	}
}

func bench(secondsText, dir string) error {
	runtime.GOMAXPROCS(1)
	seconds, err := strconv.ParseFloat(secondsText, 64)
	if err != nil {
		return err
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*.cpuprof"))
	if err != nil || len(paths) == 0 {
		return fmt.Errorf("no profiles in %s (%v)", dir, err)
	}
	var files [][]byte
	var profiles []*profile.Profile
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		p, err := profile.ParseData(data)
		if err != nil {
			return err
		}
		files, profiles = append(files, data), append(profiles, p)
	}
	merged, err := profile.Merge(profiles)
	if err != nil {
		return err
	}

	steps := []struct {
		name  string
		count int
		step  func() error
	}{
		{"inflate", len(files), func() error {
			for _, data := range files {
				r, err := gzip.NewReader(bytes.NewReader(data))
				if err != nil {
					return err
				}
				if _, err := io.ReadAll(r); err != nil {
					return err
				}
			}
			return nil
		}},
		{"decode", len(files), func() error {
			for _, data := range files {
				if _, err := profile.ParseData(data); err != nil {
					return err
				}
			}
			return nil
		}},
		{"merge_all", len(profiles), func() error {
			_, err := profile.Merge(profiles)
			return err
		}},
		{"merge_pairs", len(profiles) / 2 * 2, func() error {
			for i := 0; i+1 < len(profiles); i += 2 {
				if _, err := profile.Merge(profiles[i : i+2]); err != nil {
					return err
				}
			}
			return nil
		}},
		{"encode", len(profiles), func() error {
			for _, p := range profiles {
				if err := p.WriteUncompressed(io.Discard); err != nil {
					return err
				}
			}
			return nil
		}},
		{"encode_merged", 1, func() error { return merged.WriteUncompressed(io.Discard) }},
	}
	for _, s := range steps {
		if err := measure(s.name, seconds, s.count, s.step); err != nil {
			return err
		}
	}
	return nil
}
