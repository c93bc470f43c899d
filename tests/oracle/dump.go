package main

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/google/pprof/profile"
)

// dump writes a profile as lines that do not depend on ids or on the order of entities; lines of
// samples refer to locations by a hash of their text. tests/profile/oracle_test.cc writes the same. Mappings that
// no location is in are written only when allMappings is set.
func dump(p *profile.Profile, allMappings bool) []byte {
	var out bytes.Buffer
	for _, t := range p.SampleType {
		fmt.Fprintf(&out, "sample_type %s/%s\n", t.Type, t.Unit)
	}
	if p.PeriodType != nil {
		fmt.Fprintf(&out, "period_type %s/%s\n", p.PeriodType.Type, p.PeriodType.Unit)
	} else {
		fmt.Fprintf(&out, "period_type /\n")
	}
	fmt.Fprintf(&out, "period %d time %d duration %d\n", p.Period, p.TimeNanos, p.DurationNanos)
	fmt.Fprintf(&out, "drop %s keep %s default %s doc %s\n", p.DropFrames, p.KeepFrames,
		p.DefaultSampleType, p.DocURL)

	var lines []string
	for _, c := range p.Comments {
		lines = append(lines, "comment "+c)
	}
	used := map[*profile.Mapping]bool{}
	for _, l := range p.Location {
		used[l.Mapping] = true
	}
	for _, m := range p.Mapping {
		if !allMappings && !used[m] {
			continue
		}
		lines = append(lines, "mapping "+mappingText(m)+fmt.Sprintf(" %x %t %t %t %t", m.Limit,
			m.HasFunctions, m.HasFilenames, m.HasLineNumbers, m.HasInlineFrames))
	}
	for _, f := range p.Function {
		lines = append(lines, "function "+functionText(f))
	}
	hashes := map[*profile.Location]uint64{}
	for _, l := range p.Location {
		text := locationText(l)
		h := fnv.New64a()
		h.Write([]byte(text))
		hashes[l] = h.Sum64()
		lines = append(lines, "location "+text)
	}
	for _, s := range p.Sample {
		lines = append(lines, sampleText(s, hashes))
	}
	slices.Sort(lines)
	for _, line := range lines {
		out.WriteString(line)
		out.WriteByte('\n')
	}
	return out.Bytes()
}

func mappingText(m *profile.Mapping) string {
	return fmt.Sprintf("%x %x %s %s", m.Start, m.Offset, m.File, m.BuildID)
}

func functionText(f *profile.Function) string {
	return fmt.Sprintf("%s|%s|%s|%d", f.Name, f.SystemName, f.Filename, f.StartLine)
}

func locationText(l *profile.Location) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%x folded %t", l.Address, l.IsFolded)
	if l.Mapping != nil {
		b.WriteString(" in " + mappingText(l.Mapping))
	}
	for _, line := range l.Line {
		fmt.Fprintf(&b, " {%s:%d:%d}", functionText(line.Function), line.Line, line.Column)
	}
	return b.String()
}

func sampleText(s *profile.Sample, hashes map[*profile.Location]uint64) string {
	var b strings.Builder
	b.WriteString("sample")
	for _, v := range s.Value {
		fmt.Fprintf(&b, " %d", v)
	}
	var labels []string
	for key, values := range s.Label {
		for _, v := range values {
			labels = append(labels, fmt.Sprintf(" %s=%s", key, v))
		}
	}
	for key, values := range s.NumLabel {
		for i, v := range values {
			unit := ""
			if units := s.NumUnit[key]; i < len(units) {
				unit = units[i]
			}
			labels = append(labels, fmt.Sprintf(" %s=%d%s", key, v, unit))
		}
	}
	slices.Sort(labels)
	b.WriteString(strings.Join(labels, ""))
	b.WriteString(" at")
	for _, l := range s.Location {
		fmt.Fprintf(&b, " %016x", hashes[l])
	}
	return b.String()
}
