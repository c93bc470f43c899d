// Oracle runs the operations of anneal's profile module by github.com/google/pprof, so that tests
// and benchmarks have something independent to compare with.
//
//	oracle run < SCRIPT       one operation a line, fields parted by tabs: OP OUT PARAMETER IN...
//	oracle bench SECONDS DIR  times decode, merge and encode over DIR/*.cpuprof; one thread
package main

import (
	"bufio"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/google/pprof/profile"
)

func main() {
	var err error
	switch {
	case len(os.Args) == 2 && os.Args[1] == "run":
		err = runScript()
	case len(os.Args) == 4 && os.Args[1] == "bench":
		err = bench(os.Args[2], os.Args[3])
	default:
		err = fmt.Errorf("usage: oracle run < SCRIPT | oracle bench SECONDS DIR")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "oracle:", err)
		os.Exit(1)
	}
}

func runScript() error {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		fields := strings.Split(lines.Text(), "\t")
		if len(fields) < 4 {
			return fmt.Errorf("short line: %q", lines.Text())
		}
		p, err := apply(fields[0], fields[2], fields[3:])
		if err != nil {
			return fmt.Errorf("%s: %w", lines.Text(), err)
		}
		if err := os.WriteFile(fields[1], dump(p, fields[0] == "decode"), 0o644); err != nil {
			return err
		}
	}
	return lines.Err()
}

func read(path string) (*profile.Profile, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return profile.ParseData(data)
}

func apply(op, parameter string, paths []string) (*profile.Profile, error) {
	var in []*profile.Profile
	for _, path := range paths {
		p, err := read(path)
		if err != nil {
			return nil, err
		}
		in = append(in, p)
	}
	switch op {
	case "decode":
		return in[0], nil
	case "merge":
		return profile.Merge(in)
	case "diff": // in[1] − in[0]
		in[0].Scale(-1)
		return profile.Merge(in)
	case "scale":
		var ratios []float64
		for _, r := range strings.Split(parameter, ",") {
			ratio, err := strconv.ParseFloat(r, 64)
			if err != nil {
				return nil, err
			}
			ratios = append(ratios, ratio)
		}
		return in[0], in[0].ScaleN(ratios)
	case "focus", "ignore", "hide", "show", "show_from":
		re, err := regexp.Compile(parameter)
		if err != nil {
			return nil, err
		}
		byName := map[string]*regexp.Regexp{op: re}
		in[0].FilterSamplesByName(byName["focus"], byName["ignore"], byName["hide"], byName["show"])
		in[0].ShowFrom(byName["show_from"])
		return in[0].Compact(), nil
	}
	return nil, fmt.Errorf("unknown operation %q", op)
}
