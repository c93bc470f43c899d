package compat_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/grafana/pyroscope-go"
	querierv1 "github.com/grafana/pyroscope/api/gen/proto/go/querier/v1"
	"github.com/grafana/pyroscope/api/gen/proto/go/querier/v1/querierv1connect"
	typesv1 "github.com/grafana/pyroscope/api/gen/proto/go/types/v1"
)

type number interface{ ~int | ~int64 | ~float64 }

// spin is generic: the profile must name its instances as the linker does, spin[go.shape.int].
//
//go:noinline
func spin[T number](start T, rounds int) T {
	sum := start
	for i := 0; i < rounds; i++ {
		sum = sum*3 + T(i%7)
	}
	return sum
}

var kept [][]byte

// work uses the processor, allocates, and lets goroutines contend for a lock and wait.
func work() {
	var lock sync.Mutex
	var group sync.WaitGroup
	for range 4 {
		group.Add(1)
		go func() {
			defer group.Done()
			for range 5 {
				lock.Lock()
				spin(1, 200_000)
				time.Sleep(time.Millisecond)
				lock.Unlock()
			}
		}()
	}
	spin(1.5, 20_000_000)
	group.Wait()
	kept = append(kept, make([]byte, 1<<20))
	if len(kept) > 20 {
		kept = nil
	}
}

func TestGoSDK(t *testing.T) {
	const service = "compat.sdk"
	runtime.SetMutexProfileFraction(1)
	runtime.SetBlockProfileRate(1)
	profiler, err := pyroscope.Start(pyroscope.Config{
		ApplicationName: service,
		ServerAddress:   serverURL,
		Tags:            map[string]string{"region": "eu"},
		UploadRate:      time.Second,
		Logger:          nil,
		ProfileTypes: []pyroscope.ProfileType{
			pyroscope.ProfileCPU, pyroscope.ProfileAllocObjects, pyroscope.ProfileAllocSpace,
			pyroscope.ProfileInuseObjects, pyroscope.ProfileInuseSpace, pyroscope.ProfileGoroutines,
			pyroscope.ProfileMutexCount, pyroscope.ProfileMutexDuration,
			pyroscope.ProfileBlockCount, pyroscope.ProfileBlockDuration,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	querier := querierv1connect.NewQuerierServiceClient(newClient(), serverURL)
	want := []string{
		"block:contentions:count:contentions:count",
		"block:delay:nanoseconds:contentions:count",
		"goroutines:goroutine:count:goroutine:count",
		"memory:alloc_objects:count:space:bytes",
		"memory:alloc_space:bytes:space:bytes",
		"memory:inuse_objects:count:space:bytes",
		"memory:inuse_space:bytes:space:bytes",
		"mutex:contentions:count:contentions:count",
		"mutex:delay:nanoseconds:contentions:count",
		"process_cpu:cpu:nanoseconds:cpu:nanoseconds",
		"process_cpu:samples:count:cpu:nanoseconds",
	}
	eventually(t, func() string {
		work()
		types := values(t, querier, service, "__profile_type__")
		if !slices.Equal(types, want) {
			return fmt.Sprintf("profile types:\n%s\nwant:\n%s", strings.Join(types, "\n"), strings.Join(want, "\n"))
		}
		return ""
	})
	eventually(t, func() string {
		work()
		names := functions(t, querier, service, "process_cpu:cpu:nanoseconds:cpu:nanoseconds")
		for _, name := range []string{"spin[go.shape.int]", "spin[go.shape.float64]"} {
			if !slices.ContainsFunc(names, func(n string) bool { return strings.HasSuffix(n, name) }) {
				return fmt.Sprintf("no function %s in the CPU profile, but %s", name, strings.Join(names, "\n"))
			}
		}
		return ""
	})
	if err := profiler.Stop(); err != nil {
		t.Error(err)
	}

	for label, value := range map[string]string{
		"service_name":         service,
		"region":               "eu",
		"pyroscope_spy":        "gospy",
		"process.runtime.name": "go",
	} {
		if got := values(t, querier, service, label); !slices.Equal(got, []string{value}) {
			t.Errorf("label %s is %q, want %q", label, got, value)
		}
	}
	scopes := values(t, querier, service, "otel.scope.name")
	if !slices.Contains(scopes, "com.grafana.pyroscope/go") {
		t.Errorf("otel.scope.name is %q", scopes)
	}
	if delta := values(t, querier, service, "__delta__"); len(delta) != 0 {
		t.Errorf("__delta__ was stored: %q", delta)
	}
}

func window() (int64, int64) {
	now := time.Now()
	return now.Add(-time.Hour).UnixMilli(), now.Add(time.Minute).UnixMilli()
}

func selectorOf(service string) string { return fmt.Sprintf("{service_name=%q}", service) }

func values(t *testing.T, querier querierv1connect.QuerierServiceClient, service, label string) []string {
	t.Helper()
	start, end := window()
	response, err := querier.LabelValues(context.Background(), connect.NewRequest(&typesv1.LabelValuesRequest{
		Name: label, Matchers: []string{selectorOf(service)}, Start: start, End: end,
	}))
	if err != nil {
		t.Fatal(err)
	}
	sort.Strings(response.Msg.Names)
	return response.Msg.Names
}

// functions returns the names in the merged profile of a service, each with a start line.
func functions(t *testing.T, querier querierv1connect.QuerierServiceClient, service, profileType string) []string {
	t.Helper()
	start, end := window()
	response, err := querier.SelectMergeProfile(context.Background(), connect.NewRequest(&querierv1.SelectMergeProfileRequest{
		ProfileTypeID: profileType, LabelSelector: selectorOf(service), Start: start, End: end,
	}))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, function := range response.Msg.Function {
		name := response.Msg.StringTable[function.Name]
		if function.StartLine == 0 && strings.Contains(name, "spin[") {
			t.Errorf("%s has no start line", name)
		}
		names = append(names, name)
	}
	return names
}
