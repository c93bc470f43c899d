package compat_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"connectrpc.com/connect"
	querierv1 "github.com/grafana/pyroscope/api/gen/proto/go/querier/v1"
	"github.com/grafana/pyroscope/api/gen/proto/go/querier/v1/querierv1connect"
	collectorv1 "go.opentelemetry.io/proto/otlp/collector/profiles/v1development"
	commonv1 "go.opentelemetry.io/proto/otlp/common/v1"
	profilesv1 "go.opentelemetry.io/proto/otlp/profiles/v1development"
	resourcev1 "go.opentelemetry.io/proto/otlp/resource/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

func attribute(key, value string) *commonv1.KeyValue {
	return &commonv1.KeyValue{Key: key, Value: &commonv1.AnyValue{Value: &commonv1.AnyValue_StringValue{StringValue: value}}}
}

// otlpRequest has the stacks main;work with 3 samples and main with 1, at 100 Hz.
func otlpRequest(service string) *collectorv1.ExportProfilesServiceRequest {
	return &collectorv1.ExportProfilesServiceRequest{
		ResourceProfiles: []*profilesv1.ResourceProfiles{{
			Resource: &resourcev1.Resource{Attributes: []*commonv1.KeyValue{
				attribute("service.name", service), attribute("host.name", "h1"),
			}},
			ScopeProfiles: []*profilesv1.ScopeProfiles{{
				Scope: &commonv1.InstrumentationScope{Name: "compat"},
				Profiles: []*profilesv1.Profile{{
					SampleType:   &profilesv1.ValueType{TypeStrindex: 1, UnitStrindex: 2},
					PeriodType:   &profilesv1.ValueType{TypeStrindex: 3, UnitStrindex: 4},
					Period:       10_000_000,
					TimeUnixNano: uint64(time.Now().Add(-10 * time.Second).UnixNano()),
					DurationNano: uint64(10 * time.Second),
					Samples: []*profilesv1.Sample{
						{StackIndex: 1, Values: []int64{3}, LinkIndex: 1},
						{StackIndex: 2, TimestampsUnixNano: []uint64{uint64(time.Now().UnixNano())}},
					},
				}},
			}},
		}},
		Dictionary: &profilesv1.ProfilesDictionary{
			StringTable:    []string{"", "samples", "count", "cpu", "nanoseconds", "main.main", "main.work[go.shape.int]", "main.go", "/bin/main"},
			MappingTable:   []*profilesv1.Mapping{{}, {MemoryStart: 0x400000, MemoryLimit: 0x800000, FilenameStrindex: 8}},
			FunctionTable:  []*profilesv1.Function{{}, {NameStrindex: 5, FilenameStrindex: 7, StartLine: 10}, {NameStrindex: 6, FilenameStrindex: 7, StartLine: 20}},
			AttributeTable: []*profilesv1.KeyValueAndUnit{{}},
			LinkTable:      []*profilesv1.Link{{}, {TraceId: []byte("0123456789abcdef"), SpanId: []byte("01234567")}},
			LocationTable: []*profilesv1.Location{
				{},
				{MappingIndex: 1, Address: 0x401000, Lines: []*profilesv1.Line{{FunctionIndex: 1, Line: 12}}},
				{MappingIndex: 1, Address: 0x402000, Lines: []*profilesv1.Line{{FunctionIndex: 2, Line: 25}}},
			},
			StackTable: []*profilesv1.Stack{{}, {LocationIndices: []int32{2, 1}}, {LocationIndices: []int32{1}}},
		},
	}
}

func postOTLP(t *testing.T, contentType string, body []byte, headers map[string]string) {
	t.Helper()
	request, err := http.NewRequest(http.MethodPost, serverURL+"/v1development/profiles", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", contentType)
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	response, err := newClient().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "application/x-protobuf" {
		t.Fatalf("%s: %s %s", contentType, response.Status, answer)
	}
	var parsed collectorv1.ExportProfilesServiceResponse
	if err := proto.Unmarshal(answer, &parsed); err != nil || parsed.PartialSuccess != nil {
		t.Errorf("answer %v, %v", &parsed, err)
	}
}

// TestOTLP exports with the messages of OpenTelemetry's own module.
func TestOTLP(t *testing.T) {
	querier := querierv1connect.NewQuerierServiceClient(newClient(), serverURL)
	exports := map[string]func(t *testing.T, request *collectorv1.ExportProfilesServiceRequest){
		"proto": func(t *testing.T, request *collectorv1.ExportProfilesServiceRequest) {
			data, err := proto.Marshal(request)
			if err != nil {
				t.Fatal(err)
			}
			postOTLP(t, "application/x-protobuf", zipped(data), map[string]string{"Content-Encoding": "gzip"})
		},
		"json": func(t *testing.T, request *collectorv1.ExportProfilesServiceRequest) {
			data, err := protojson.Marshal(request)
			if err != nil {
				t.Fatal(err)
			}
			postOTLP(t, "application/json", data, nil)
		},
	}
	for name, export := range exports {
		t.Run(name, func(t *testing.T) {
			service := "compat-otlp-" + name
			export(t, otlpRequest(service))
			start, end := window()
			profile, err := querier.SelectMergeProfile(context.Background(), connect.NewRequest(&querierv1.SelectMergeProfileRequest{
				ProfileTypeID: cpuType, LabelSelector: selectorOf(service), Start: start, End: end,
			}))
			if err != nil {
				t.Fatal(err)
			}
			want := []string{"main.main+2 10000000", "main.main+2;main.work[go.shape.int]+5 30000000"}
			if got := stacks(profile.Msg); !slices.Equal(got, want) {
				t.Errorf("SelectMergeProfile: %q, want %q", got, want)
			}
			for label, value := range map[string]string{"__otel__": "true", "host.name": "h1", "service.name": service} {
				if got := fmt.Sprint(values(t, querier, service, label)); got != "["+value+"]" {
					t.Errorf("label %s is %s, want %s", label, got, value)
				}
			}
		})
	}
}
