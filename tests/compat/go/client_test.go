package compat_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"
	googlev1 "github.com/grafana/pyroscope/api/gen/proto/go/google/v1"
	pushv1 "github.com/grafana/pyroscope/api/gen/proto/go/push/v1"
	"github.com/grafana/pyroscope/api/gen/proto/go/push/v1/pushv1connect"
	querierv1 "github.com/grafana/pyroscope/api/gen/proto/go/querier/v1"
	"github.com/grafana/pyroscope/api/gen/proto/go/querier/v1/querierv1connect"
	typesv1 "github.com/grafana/pyroscope/api/gen/proto/go/types/v1"
	"google.golang.org/protobuf/proto"
)

const cpuType = "process_cpu:cpu:nanoseconds:cpu:nanoseconds"

func newClient() *http.Client { return &http.Client{Timeout: 30 * time.Second} }

// newHTTP2Client speaks HTTP/2 without TLS from the first byte, as gRPC does.
func newHTTP2Client() *http.Client {
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{Protocols: protocols}}
}

const (
	spanID  = "00000000000000ab"
	traceID = "0102030405060708090a0b0c0d0e0f10"
)

// cpuProfile has two stacks: main;work with 3 s and main alone with 1 s, the latter within a span.
func cpuProfile(start time.Time) []byte {
	profile := &googlev1.Profile{
		StringTable: []string{"", "cpu", "nanoseconds", "main.main", "main.work[go.shape.int]", "main.go",
			"span_id", spanID, "trace_id", traceID},
		SampleType: []*googlev1.ValueType{{Type: 1, Unit: 2}},
		PeriodType: &googlev1.ValueType{Type: 1, Unit: 2},
		Period:     10_000_000,
		TimeNanos:  start.UnixNano(),
		Mapping:    []*googlev1.Mapping{{Id: 1, HasFunctions: true}},
		Function: []*googlev1.Function{
			{Id: 1, Name: 3, SystemName: 3, Filename: 5, StartLine: 10},
			{Id: 2, Name: 4, SystemName: 4, Filename: 5, StartLine: 20},
		},
		Location: []*googlev1.Location{
			{Id: 1, MappingId: 1, Address: 0x401000, Line: []*googlev1.Line{{FunctionId: 1, Line: 12}}},
			{Id: 2, MappingId: 1, Address: 0x402000, Line: []*googlev1.Line{{FunctionId: 2, Line: 25}}},
		},
		Sample: []*googlev1.Sample{
			{LocationId: []uint64{2, 1}, Value: []int64{3_000_000_000}},
			{LocationId: []uint64{1}, Value: []int64{1_000_000_000},
				Label: []*googlev1.Label{{Key: 6, Str: 7}, {Key: 8, Str: 9}}},
		},
	}
	data, err := proto.Marshal(profile)
	if err != nil {
		panic(err)
	}
	return data
}

func zipped(data []byte) []byte {
	var out bytes.Buffer
	writer := gzip.NewWriter(&out)
	writer.Write(data)
	writer.Close()
	return out.Bytes()
}

func pushRequest(service string, profile []byte) *connect.Request[pushv1.PushRequest] {
	return connect.NewRequest(&pushv1.PushRequest{Series: []*pushv1.RawProfileSeries{{
		Labels: []*typesv1.LabelPair{
			{Name: "__name__", Value: "process_cpu"},
			{Name: "service_name", Value: service},
			{Name: "dotted.name", Value: "x"},
		},
		Samples: []*pushv1.RawSample{{RawProfile: profile, ID: "2c5ea4c0-4067-11e9-8bad-9b1deb4d3b7d"}},
	}}})
}

// TestConnectClient makes the calls of a Grafana data source in every codec that clients use.
func TestConnectClient(t *testing.T) {
	codecs := []struct {
		name    string
		client  func() *http.Client
		options []connect.ClientOption
	}{
		{"proto", newClient, nil},
		{"proto-gzip", newClient, []connect.ClientOption{connect.WithSendGzip()}},
		{"proto-http2", newHTTP2Client, nil},
		{"json", newClient, []connect.ClientOption{connect.WithProtoJSON()}},
		{"json-gzip", newClient, []connect.ClientOption{connect.WithProtoJSON(), connect.WithSendGzip()}},
		{"grpc", newHTTP2Client, []connect.ClientOption{connect.WithGRPC()}},
		{"grpc-gzip", newHTTP2Client, []connect.ClientOption{connect.WithGRPC(), connect.WithSendGzip()}},
		{"grpc-json", newHTTP2Client, []connect.ClientOption{connect.WithGRPC(), connect.WithProtoJSON()}},
		{"grpc-web", newClient, []connect.ClientOption{connect.WithGRPCWeb()}},
		{"grpc-web-gzip", newClient, []connect.ClientOption{connect.WithGRPCWeb(), connect.WithSendGzip()}},
		{"grpc-web-http2", newHTTP2Client, []connect.ClientOption{connect.WithGRPCWeb()}},
	}
	for _, codec := range codecs {
		t.Run(codec.name, func(t *testing.T) {
			pusher := pushv1connect.NewPusherServiceClient(codec.client(), serverURL, codec.options...)
			querier := querierv1connect.NewQuerierServiceClient(codec.client(), serverURL, codec.options...)
			service := "compat-" + codec.name
			began := time.Now().Add(-10 * time.Second).Truncate(time.Second)
			for i := range 3 {
				profile := cpuProfile(began.Add(time.Duration(i) * time.Second))
				if i == 1 {
					profile = zipped(profile)
				}
				if _, err := pusher.Push(context.Background(), pushRequest(service, profile)); err != nil {
					t.Fatal(err)
				}
			}
			checkCatalogue(t, querier, service)
			checkMerges(t, querier, service)
			checkSeries(t, querier, service, began)
			checkSingles(t, querier, service, began)
			checkPictures(t, querier, service)
			checkErrors(t, pusher, querier)
		})
	}
}

func checkCatalogue(t *testing.T, querier querierv1connect.QuerierServiceClient, service string) {
	ctx := context.Background()
	start, end := window()
	types, err := querier.ProfileTypes(ctx, connect.NewRequest(&querierv1.ProfileTypesRequest{Start: start, End: end}))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(types.Msg.ProfileTypes, func(p *typesv1.ProfileType) bool {
		return p.ID == cpuType && p.Name == "process_cpu" && p.SampleType == "cpu" && p.SampleUnit == "nanoseconds" &&
			p.PeriodType == "cpu" && p.PeriodUnit == "nanoseconds"
	}) {
		t.Errorf("ProfileTypes: %v", types.Msg.ProfileTypes)
	}

	request := connect.NewRequest(&typesv1.LabelNamesRequest{Matchers: []string{selectorOf(service)}, Start: start, End: end})
	names, err := querier.LabelNames(ctx, request)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"__name__", "__period_type__", "__period_unit__", "__profile_type__", "__service_name__",
		"__type__", "__unit__", "service_name"}
	if !slices.Equal(names.Msg.Names, want) {
		t.Errorf("LabelNames: %q, want %q", names.Msg.Names, want)
	}
	request = connect.NewRequest(request.Msg)
	request.Header().Set("Accept", "*/*;allow-utf8-labelnames=true")
	if names, err = querier.LabelNames(ctx, request); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(names.Msg.Names, "dotted.name") {
		t.Errorf("LabelNames of a client that takes UTF-8: %q", names.Msg.Names)
	}
	if got := values(t, querier, service, "service_name"); !slices.Equal(got, []string{service}) {
		t.Errorf("LabelValues: %q", got)
	}

	series, err := querier.Series(ctx, connect.NewRequest(&querierv1.SeriesRequest{
		Matchers: []string{selectorOf(service)}, LabelNames: []string{"service_name", "__profile_type__"}, Start: start, End: end,
	}))
	if err != nil {
		t.Fatal(err)
	}
	if len(series.Msg.LabelsSet) != 1 || len(series.Msg.LabelsSet[0].Labels) != 2 {
		t.Errorf("Series: %v", series.Msg.LabelsSet)
	}
	stats, err := querier.GetProfileStats(ctx, connect.NewRequest(&typesv1.GetProfileStatsRequest{}))
	if err != nil {
		t.Fatal(err)
	}
	if !stats.Msg.DataIngested || stats.Msg.OldestProfileTime == 0 || stats.Msg.NewestProfileTime < stats.Msg.OldestProfileTime {
		t.Errorf("GetProfileStats: %v", stats.Msg)
	}
}

// stacks shows a profile as "main.main;main.work 5", root first, sorted.
func stacks(profile *googlev1.Profile) []string {
	functions := map[uint64]*googlev1.Function{}
	for _, function := range profile.Function {
		functions[function.Id] = function
	}
	locations := map[uint64]*googlev1.Location{}
	for _, location := range profile.Location {
		locations[location.Id] = location
	}
	var out []string
	for _, sample := range profile.Sample {
		var frames []string
		for _, id := range slices.Backward(sample.LocationId) {
			for _, line := range slices.Backward(locations[id].Line) {
				function := functions[line.FunctionId]
				frames = append(frames, fmt.Sprintf("%s+%d", profile.StringTable[function.Name], line.Line-function.StartLine))
			}
		}
		out = append(out, fmt.Sprintf("%s %d", strings.Join(frames, ";"), sample.Value[0]))
	}
	slices.Sort(out)
	return out
}

func checkMerges(t *testing.T, querier querierv1connect.QuerierServiceClient, service string) {
	ctx := context.Background()
	start, end := window()
	profile, err := querier.SelectMergeProfile(ctx, connect.NewRequest(&querierv1.SelectMergeProfileRequest{
		ProfileTypeID: cpuType, LabelSelector: selectorOf(service), Start: start, End: end,
	}))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"main.main+2 3000000000", "main.main+2;main.work[go.shape.int]+5 9000000000"}
	if got := stacks(profile.Msg); !slices.Equal(got, want) {
		t.Errorf("SelectMergeProfile: %q, want %q", got, want)
	}

	request := func() *querierv1.SelectMergeStacktracesRequest {
		return &querierv1.SelectMergeStacktracesRequest{
			ProfileTypeID: cpuType, LabelSelector: selectorOf(service), Start: start, End: end,
		}
	}
	flame, err := querier.SelectMergeStacktraces(ctx, connect.NewRequest(request()))
	if err != nil {
		t.Fatal(err)
	}
	graph := flame.Msg.Flamegraph
	if graph.Total != 12_000_000_000 || graph.MaxSelf != 9_000_000_000 || len(graph.Levels) != 3 || graph.Names[0] != "total" {
		t.Errorf("flame graph: %v", graph)
	}

	// What `profilecli query go-pgo` sends.
	pgo := request()
	pgo.Format = querierv1.ProfileFormat_PROFILE_FORMAT_PPROF
	pgo.StackTraceSelector = &typesv1.StackTraceSelector{GoPgo: &typesv1.GoPGO{KeepLocations: 5, AggregateCallees: true}}
	merged, err := querier.SelectMergeStacktraces(ctx, connect.NewRequest(pgo))
	if err != nil {
		t.Fatal(err)
	}
	if merged.Msg.Pprof == nil {
		t.Fatal("no pprof in the answer: profilecli would fall back to SelectMergeProfile")
	}
	// The leaf's line is 0, so its offset is minus its start line; main.main, a leaf in one stack
	// and a caller in the other, keeps its call site as a caller.
	want = []string{"main.main+-10 3000000000", "main.main+2;main.work[go.shape.int]+-20 9000000000"}
	if got := stacks(merged.Msg.Pprof.Profile); !slices.Equal(got, want) {
		t.Errorf("go_pgo: %q, want %q", got, want)
	}

	tree := request()
	tree.Format = querierv1.ProfileFormat_PROFILE_FORMAT_TREE
	bytes, err := querier.SelectMergeStacktraces(ctx, connect.NewRequest(tree))
	if err != nil {
		t.Fatal(err)
	}
	if len(bytes.Msg.Tree) == 0 {
		t.Error("the tree is empty")
	}
	empty := request()
	empty.LabelSelector = `{service_name="nobody"}`
	if _, err := querier.SelectMergeStacktraces(ctx, connect.NewRequest(empty)); err != nil {
		t.Errorf("a selection without data: %v", err)
	}
}

func checkSeries(t *testing.T, querier querierv1connect.QuerierServiceClient, service string, began time.Time) {
	response, err := querier.SelectSeries(context.Background(), connect.NewRequest(&querierv1.SelectSeriesRequest{
		ProfileTypeID: cpuType, LabelSelector: selectorOf(service), GroupBy: []string{"service_name"}, Step: 1,
		Start: began.UnixMilli(), End: began.Add(5 * time.Second).UnixMilli(),
	}))
	if err != nil {
		t.Fatal(err)
	}
	if len(response.Msg.Series) != 1 {
		t.Fatalf("SelectSeries: %v", response.Msg.Series)
	}
	series := response.Msg.Series[0]
	if len(series.Labels) != 1 || series.Labels[0].Value != service {
		t.Errorf("labels of the series: %v", series.Labels)
	}
	var times []int64
	for _, point := range series.Points {
		times = append(times, point.Timestamp-began.UnixMilli())
		if point.Value != 4e9 {
			t.Errorf("point at %d is %g", point.Timestamp, point.Value)
		}
	}
	if !slices.Equal(times, []int64{0, 1000, 2000}) {
		t.Errorf("points at %v ms", times)
	}
}

// checkSingles asks for what stands for itself: exemplars, heat maps, spans, traces, profiles by id.
func checkSingles(t *testing.T, querier querierv1connect.QuerierServiceClient, service string, began time.Time) {
	ctx := context.Background()
	start, end := began.UnixMilli(), began.Add(4*time.Second).UnixMilli()
	series, err := querier.SelectSeries(ctx, connect.NewRequest(&querierv1.SelectSeriesRequest{
		ProfileTypeID: cpuType, LabelSelector: selectorOf(service), GroupBy: []string{"service_name"}, Step: 4,
		Start: start, End: end, ExemplarType: typesv1.ExemplarType_EXEMPLAR_TYPE_INDIVIDUAL,
	}))
	if err != nil {
		t.Fatal(err)
	}
	points := series.Msg.Series[0].Points
	exemplars := points[len(points)-1].Exemplars
	if len(points) != 2 || points[1].Value != 8e9 || len(exemplars) != 1 || exemplars[0].Value != 4e9 {
		t.Fatalf("points with exemplars: %v", points)
	}
	for _, label := range exemplars[0].Labels {
		if label.Name == "service_name" {
			t.Error("an exemplar repeats the label that its series is grouped by")
		}
	}
	merged, err := querier.SelectMergeProfile(ctx, connect.NewRequest(&querierv1.SelectMergeProfileRequest{
		ProfileTypeID: cpuType, LabelSelector: selectorOf(service), Start: start, End: end,
		ProfileIdSelector: []string{exemplars[0].ProfileId},
	}))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"main.main+2 1000000000", "main.main+2;main.work[go.shape.int]+5 3000000000"}
	if got := stacks(merged.Msg); !slices.Equal(got, want) {
		t.Errorf("the profile of an exemplar: %q, want %q", got, want)
	}

	heatmap := func(kind querierv1.HeatmapQueryType, exemplar typesv1.ExemplarType) []*typesv1.HeatmapSlot {
		answer, err := querier.SelectHeatmap(ctx, connect.NewRequest(&querierv1.SelectHeatmapRequest{
			ProfileTypeID: cpuType, LabelSelector: selectorOf(service), Start: start, End: end, Step: 4,
			GroupBy: []string{"service_name"}, QueryType: kind, ExemplarType: exemplar,
		}))
		if err != nil {
			t.Fatal(err)
		}
		if len(answer.Msg.Series) != 1 {
			t.Fatalf("heat map: %v", answer.Msg.Series)
		}
		return answer.Msg.Series[0].Slots
	}
	slots := heatmap(querierv1.HeatmapQueryType_HEATMAP_QUERY_TYPE_INDIVIDUAL,
		typesv1.ExemplarType_EXEMPLAR_TYPE_INDIVIDUAL)
	if len(slots) != 2 || slots[1].Timestamp != end || len(slots[1].Counts) != 20 || len(slots[1].YMin) != 20 ||
		slots[1].Counts[19] != 2 || len(slots[1].Exemplars) != 1 || slots[1].Exemplars[0].ProfileId == "" {
		t.Errorf("heat map of profiles: %v", slots)
	}
	slots = heatmap(querierv1.HeatmapQueryType_HEATMAP_QUERY_TYPE_SPAN, typesv1.ExemplarType_EXEMPLAR_TYPE_SPAN)
	if len(slots) != 2 || len(slots[1].Exemplars) != 1 || slots[1].Exemplars[0].SpanId != spanID ||
		slots[1].Exemplars[0].Value != 1e9 {
		t.Errorf("heat map of spans: %v", slots)
	}

	for what, change := range map[string]func(*querierv1.SelectMergeStacktracesRequest){
		"span":  func(r *querierv1.SelectMergeStacktracesRequest) { r.SpanSelector = []string{spanID} },
		"trace": func(r *querierv1.SelectMergeStacktracesRequest) { r.TraceIdSelector = []string{traceID} },
	} {
		request := &querierv1.SelectMergeStacktracesRequest{
			ProfileTypeID: cpuType, LabelSelector: selectorOf(service), Start: start, End: end,
		}
		change(request)
		answer, err := querier.SelectMergeStacktraces(ctx, connect.NewRequest(request))
		if err != nil {
			t.Fatal(err)
		}
		if total := answer.Msg.Flamegraph.Total; total != 3e9 {
			t.Errorf("flame graph of a %s: %d", what, total)
		}
	}
	span, err := querier.SelectMergeSpanProfile(ctx, connect.NewRequest(&querierv1.SelectMergeSpanProfileRequest{
		ProfileTypeID: cpuType, LabelSelector: selectorOf(service), Start: start, End: end,
		SpanSelector: []string{spanID},
	}))
	if err != nil {
		t.Fatal(err)
	}
	if span.Msg.Flamegraph.Total != 3e9 {
		t.Errorf("SelectMergeSpanProfile: %v", span.Msg.Flamegraph)
	}
}

// checkPictures asks for what is only looked at.
func checkPictures(t *testing.T, querier querierv1connect.QuerierServiceClient, service string) {
	ctx := context.Background()
	start, end := window()
	request := &querierv1.SelectMergeStacktracesRequest{
		ProfileTypeID: cpuType, LabelSelector: selectorOf(service), Start: start, End: end,
	}
	diff, err := querier.Diff(ctx, connect.NewRequest(&querierv1.DiffRequest{Left: request, Right: request}))
	if err != nil {
		t.Fatal(err)
	}
	graph := diff.Msg.Flamegraph
	if graph.LeftTicks != 12e9 || graph.RightTicks != 12e9 || graph.Total != 24e9 || len(graph.Levels[0].Values) != 7 ||
		!slices.Equal(graph.Names, []string{"total", "main.main", "main.work[...]"}) {
		t.Errorf("Diff: %v", graph)
	}
	request = proto.Clone(request).(*querierv1.SelectMergeStacktracesRequest)
	request.Format = querierv1.ProfileFormat_PROFILE_FORMAT_DOT
	dot, err := querier.SelectMergeStacktraces(ctx, connect.NewRequest(request))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(dot.Msg.Dot, "digraph ") {
		t.Errorf("DOT: %q", dot.Msg.Dot)
	}
	if _, err := querier.AnalyzeQuery(ctx, connect.NewRequest(&querierv1.AnalyzeQueryRequest{
		Query: "{}", Start: start, End: end,
	})); err != nil {
		t.Errorf("AnalyzeQuery: %v", err)
	}

	query := url.Values{"query": {cpuType + selectorOf(service)}, "from": {"now-1h"}, "groupBy": {"service_name"}}
	response, err := newClient().Get(serverURL + "/pyroscope/render?" + query.Encode())
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var page struct {
		Version     int
		Flamebearer struct {
			Names    []string
			Levels   [][]int64
			NumTicks int64
		}
		Timeline struct{ Samples []int64 }
		Groups   map[string]any
	}
	if err := json.NewDecoder(response.Body).Decode(&page); err != nil {
		t.Fatal(err)
	}
	if page.Version != 1 || page.Flamebearer.NumTicks != 12e9 || len(page.Flamebearer.Levels) != 3 ||
		len(page.Timeline.Samples) == 0 || page.Groups[service] == nil {
		t.Errorf("/pyroscope/render: %v", page)
	}
}

func checkErrors(t *testing.T, pusher pushv1connect.PusherServiceClient, querier querierv1connect.QuerierServiceClient) {
	ctx := context.Background()
	start, end := window()
	check := func(what string, err error, want connect.Code) {
		if connect.CodeOf(err) != want {
			t.Errorf("%s: %v, want code %v", what, err, want)
		}
	}
	_, err := pusher.Push(ctx, pushRequest("bad", []byte("nonsense")))
	check("a bad profile", err, connect.CodeInvalidArgument)
	_, err = pusher.Push(ctx, connect.NewRequest(&pushv1.PushRequest{}))
	check("an empty push", err, connect.CodeInvalidArgument)
	_, err = querier.SelectMergeProfile(ctx, connect.NewRequest(&querierv1.SelectMergeProfileRequest{
		ProfileTypeID: cpuType, LabelSelector: "{a=b}", Start: start, End: end,
	}))
	check("a bad selector", err, connect.CodeInvalidArgument)
	stacktraces := func(change func(*querierv1.SelectMergeStacktracesRequest)) error {
		request := &querierv1.SelectMergeStacktracesRequest{
			ProfileTypeID: cpuType, LabelSelector: "{}", Start: start, End: end,
		}
		change(request)
		_, err := querier.SelectMergeStacktraces(ctx, connect.NewRequest(request))
		return err
	}
	check("an unknown format", stacktraces(func(r *querierv1.SelectMergeStacktracesRequest) { r.Format = 77 }),
		connect.CodeUnimplemented)
	check("an async query of an unknown type", stacktraces(func(r *querierv1.SelectMergeStacktracesRequest) {
		r.Async = &querierv1.AsyncQueryRequest{Type: 7}
	}), connect.CodeUnimplemented)
	check("too many nodes", stacktraces(func(r *querierv1.SelectMergeStacktracesRequest) {
		r.MaxNodes = proto.Int64(1_048_577)
	}), connect.CodeInvalidArgument)
	check("no window", stacktraces(func(r *querierv1.SelectMergeStacktracesRequest) { r.Start = 0 }),
		connect.CodeInvalidArgument)
	_, err = querier.SelectHeatmap(ctx, connect.NewRequest(&querierv1.SelectHeatmapRequest{
		ProfileTypeID: cpuType, LabelSelector: "{}", Start: start, End: end, Step: 1,
	}))
	check("a heat map of nothing in particular", err, connect.CodeInvalidArgument)
	_, err = querier.LabelValues(ctx, connect.NewRequest(&typesv1.LabelValuesRequest{Start: start, End: end}))
	check("values of no label", err, connect.CodeInvalidArgument)
}
