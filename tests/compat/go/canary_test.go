package compat_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"testing"
	"time"

	"connectrpc.com/connect"
	googlev1 "github.com/grafana/pyroscope/api/gen/proto/go/google/v1"
	pushv1 "github.com/grafana/pyroscope/api/gen/proto/go/push/v1"
	"github.com/grafana/pyroscope/api/gen/proto/go/push/v1/pushv1connect"
	querierv1 "github.com/grafana/pyroscope/api/gen/proto/go/querier/v1"
	"github.com/grafana/pyroscope/api/gen/proto/go/querier/v1/querierv1connect"
	typesv1 "github.com/grafana/pyroscope/api/gen/proto/go/types/v1"
	collectorv1 "go.opentelemetry.io/proto/otlp/collector/profiles/v1development"
	commonv1 "go.opentelemetry.io/proto/otlp/common/v1"
	profilesv1 "go.opentelemetry.io/proto/otlp/profiles/v1development"
	resourcev1 "go.opentelemetry.io/proto/otlp/resource/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// What Pyroscope's canary watches a server with: it pushes profiles that began now, to the
// nanosecond, and asks for them from this millisecond on.
const (
	canaryType     = "deadmans_switch:made_up:profilos:made_up:profilos"
	canaryOTLPType = "otlp_test:otlp_test:count:otlp_test:samples"
	canarySpan     = "00000bac2a5ab0c7"
)

// canaryProfile has the stacks outer;inner with 10 and, in a span, outer with 20.
func canaryProfile(began time.Time) []byte {
	data, err := proto.Marshal(&googlev1.Profile{
		StringTable: []string{"", "made_up", "profilos", "outer", "inner", "profile_id", canarySpan},
		SampleType:  []*googlev1.ValueType{{Type: 1, Unit: 2}},
		PeriodType:  &googlev1.ValueType{Type: 1, Unit: 2},
		TimeNanos:   began.UnixNano(),
		Mapping:     []*googlev1.Mapping{{Id: 1, HasFunctions: true}},
		Function:    []*googlev1.Function{{Id: 1, Name: 3}, {Id: 2, Name: 4}},
		Location: []*googlev1.Location{
			{Id: 1, MappingId: 1, Line: []*googlev1.Line{{FunctionId: 1}}},
			{Id: 2, MappingId: 1, Line: []*googlev1.Line{{FunctionId: 2}}},
		},
		Sample: []*googlev1.Sample{
			{LocationId: []uint64{2, 1}, Value: []int64{10}},
			{LocationId: []uint64{1}, Value: []int64{20}, Label: []*googlev1.Label{{Key: 5, Str: 6}}},
		},
	})
	if err != nil {
		panic(err)
	}
	return data
}

// canaryOTLP holds the same stacks; of its tables only some begin with an empty entry.
func canaryOTLP(service, method string, began time.Time) *collectorv1.ExportProfilesServiceRequest {
	return &collectorv1.ExportProfilesServiceRequest{
		Dictionary: &profilesv1.ProfilesDictionary{
			StringTable:   []string{"", "otlp_test", "samples", "count", "outer", "inner"},
			MappingTable:  []*profilesv1.Mapping{{}},
			FunctionTable: []*profilesv1.Function{{}, {NameStrindex: 4}, {NameStrindex: 5}},
			LocationTable: []*profilesv1.Location{
				{Lines: []*profilesv1.Line{{FunctionIndex: 1}}}, {Lines: []*profilesv1.Line{{FunctionIndex: 2}}},
			},
			StackTable: []*profilesv1.Stack{{}, {LocationIndices: []int32{1, 0}}, {LocationIndices: []int32{0}}},
		},
		ResourceProfiles: []*profilesv1.ResourceProfiles{{
			Resource: &resourcev1.Resource{Attributes: []*commonv1.KeyValue{
				attribute("service.name", service), attribute("ingestion_method", method),
			}},
			ScopeProfiles: []*profilesv1.ScopeProfiles{{Profiles: []*profilesv1.Profile{{
				TimeUnixNano: uint64(began.UnixNano()),
				Period:       1,
				SampleType:   &profilesv1.ValueType{TypeStrindex: 1, UnitStrindex: 3},
				PeriodType:   &profilesv1.ValueType{TypeStrindex: 1, UnitStrindex: 2},
				Samples: []*profilesv1.Sample{
					{StackIndex: 1, Values: []int64{10}}, {StackIndex: 2, Values: []int64{20}},
				},
			}}}},
		}},
	}
}

// canaryAsks is one round of questions, with the answers that the canary insists on.
type canaryAsks struct {
	t          *testing.T
	querier    querierv1connect.QuerierServiceClient
	service    string
	start, end int64
}

func (c *canaryAsks) merge(profileType string, want []string) {
	profile, err := c.querier.SelectMergeProfile(context.Background(), connect.NewRequest(&querierv1.SelectMergeProfileRequest{
		ProfileTypeID: profileType, LabelSelector: selectorOf(c.service), Start: c.start, End: c.end,
	}))
	if err != nil {
		c.t.Fatal(err)
	}
	if got := stacks(profile.Msg); !slices.Equal(got, want) {
		c.t.Errorf("%s: %q, want %q", profileType, got, want)
	}
}

func (c *canaryAsks) points(step float64, exemplars typesv1.ExemplarType) *typesv1.Point {
	answer, err := c.querier.SelectSeries(context.Background(), connect.NewRequest(&querierv1.SelectSeriesRequest{
		ProfileTypeID: canaryType, LabelSelector: selectorOf(c.service), Start: c.start, End: c.end, Step: step,
		GroupBy: []string{"service_name"}, ExemplarType: exemplars,
	}))
	if err != nil {
		c.t.Fatal(err)
	}
	if len(answer.Msg.Series) != 1 || len(answer.Msg.Series[0].Points) != 1 || len(answer.Msg.Series[0].Labels) != 1 {
		c.t.Fatalf("SelectSeries with a step of %g s: %v", step, answer.Msg.Series)
	}
	return answer.Msg.Series[0].Points[0]
}

func (c *canaryAsks) flameGraph(change func(*querierv1.SelectMergeStacktracesRequest)) *querierv1.FlameGraph {
	request := &querierv1.SelectMergeStacktracesRequest{
		ProfileTypeID: canaryType, LabelSelector: selectorOf(c.service), Start: c.start, End: c.end,
	}
	change(request)
	answer, err := c.querier.SelectMergeStacktraces(context.Background(), connect.NewRequest(request))
	if err != nil {
		c.t.Fatal(err)
	}
	return answer.Msg.Flamegraph
}

func (c *canaryAsks) page(path string, query url.Values) {
	response, err := newClient().Get(serverURL + path + "?" + query.Encode())
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	var page struct {
		Flamebearer struct {
			Names  []string
			Levels [][]int64
		}
	}
	if err := json.NewDecoder(response.Body).Decode(&page); err != nil {
		c.t.Fatal(path, err)
	}
	if len(page.Flamebearer.Names) != 3 || len(page.Flamebearer.Levels) != 3 {
		c.t.Errorf("%s: %v", path, page)
	}
}

func TestCanary(t *testing.T) {
	ctx := context.Background()
	pusher := pushv1connect.NewPusherServiceClient(newClient(), serverURL)
	// Late in its millisecond.
	began := time.Now().Truncate(time.Millisecond).Add(999 * time.Microsecond)
	asks := &canaryAsks{t, querierv1connect.NewQuerierServiceClient(newClient(), serverURL), "compat-canary",
		began.UnixMilli(), began.Add(5 * time.Second).UnixMilli()}
	if _, err := pusher.Push(ctx, connect.NewRequest(&pushv1.PushRequest{Series: []*pushv1.RawProfileSeries{{
		Labels: []*typesv1.LabelPair{
			{Name: "__name__", Value: "deadmans_switch"}, {Name: "service_name", Value: asks.service}, {Name: "job", Value: "canary"},
		},
		Samples: []*pushv1.RawSample{{RawProfile: canaryProfile(began)}},
	}}})); err != nil {
		t.Fatal(err)
	}
	data, err := protojson.Marshal(canaryOTLP(asks.service, "otlp_http_json", began))
	if err != nil {
		t.Fatal(err)
	}
	postOTLP(t, "application/json", data, nil)
	if data, err = proto.Marshal(canaryOTLP(asks.service, "otlp_http_protobuf", began)); err != nil {
		t.Fatal(err)
	}
	postOTLP(t, "application/x-protobuf", data, nil)

	asks.merge(canaryType, []string{"outer+0 20", "outer+0;inner+0 10"})
	asks.merge(canaryOTLPType, []string{"outer+0 40", "outer+0;inner+0 20"})
	types, err := asks.querier.ProfileTypes(ctx, connect.NewRequest(&querierv1.ProfileTypesRequest{Start: asks.start, End: asks.end}))
	if err != nil || !slices.ContainsFunc(types.Msg.ProfileTypes, func(p *typesv1.ProfileType) bool { return p.ID == canaryType }) {
		t.Errorf("ProfileTypes: %v, %v", types, err)
	}
	series, err := asks.querier.Series(ctx, connect.NewRequest(&querierv1.SeriesRequest{
		Start: asks.start, End: asks.end, LabelNames: []string{"service_name", "__profile_type__"},
	}))
	if err != nil || !slices.ContainsFunc(series.Msg.LabelsSet, func(labels *typesv1.Labels) bool {
		return fmt.Sprint(labels.Labels) == fmt.Sprint([]*typesv1.LabelPair{
			{Name: "__profile_type__", Value: canaryType}, {Name: "service_name", Value: asks.service},
		})
	}) {
		t.Errorf("Series: %v, %v", series, err)
	}

	asks.points(1000, typesv1.ExemplarType_EXEMPLAR_TYPE_NONE)
	exemplars := asks.points(5, typesv1.ExemplarType_EXEMPLAR_TYPE_INDIVIDUAL).Exemplars
	if len(exemplars) != 1 || exemplars[0].Value != 30 {
		t.Fatalf("exemplars: %v", exemplars)
	}
	for what, row := range map[string]struct {
		levels int
		change func(*querierv1.SelectMergeStacktracesRequest)
	}{
		"all": {3, func(*querierv1.SelectMergeStacktracesRequest) {}},
		"profile": {3, func(r *querierv1.SelectMergeStacktracesRequest) {
			r.ProfileIdSelector = []string{exemplars[0].ProfileId}
		}},
		"span": {2, func(r *querierv1.SelectMergeStacktracesRequest) { r.SpanSelector = []string{canarySpan} }},
	} {
		if graph := asks.flameGraph(row.change); len(graph.GetNames()) != row.levels || len(graph.GetLevels()) != row.levels {
			t.Errorf("flame graph of %s: %v", what, graph)
		}
	}

	query := canaryType + selectorOf(asks.service)
	from, until := fmt.Sprint(asks.start), fmt.Sprint(asks.end)
	asks.page("/pyroscope/render", url.Values{"query": {query}, "from": {from}, "until": {until}})
	asks.page("/pyroscope/render-diff", url.Values{
		"leftQuery": {query}, "leftFrom": {from}, "leftUntil": {until},
		"rightQuery": {query}, "rightFrom": {from}, "rightUntil": {until},
	})
}

// TestAsync begins a query and fetches its answer, as clients of long queries do.
func TestAsync(t *testing.T) {
	ctx := context.Background()
	querier := querierv1connect.NewQuerierServiceClient(newClient(), serverURL)
	start, end := window()
	request := &querierv1.SelectMergeStacktracesRequest{
		ProfileTypeID: cpuType, LabelSelector: "{}", Start: start, End: end,
		Format: querierv1.ProfileFormat_PROFILE_FORMAT_PPROF,
		Async:  &querierv1.AsyncQueryRequest{Type: querierv1.AsyncQueryType_ASYNC_QUERY_TYPE_FORCE},
	}
	begun, err := querier.SelectMergeStacktraces(ctx, connect.NewRequest(request))
	if err != nil {
		t.Fatal(err)
	}
	if begun.Msg.Async.GetStatus() != querierv1.AsyncQueryStatus_ASYNC_QUERY_STATUS_IN_PROGRESS || begun.Msg.Pprof != nil {
		t.Fatalf("a query that has begun: %v", begun.Msg)
	}
	poll := &querierv1.SelectMergeStacktracesRequest{Async: &querierv1.AsyncQueryRequest{RequestId: begun.Msg.Async.RequestId}}
	eventually(t, func() string {
		answer, err := querier.SelectMergeStacktraces(ctx, connect.NewRequest(poll))
		if err != nil {
			t.Fatal(err)
		}
		if answer.Msg.Async.GetStatus() == querierv1.AsyncQueryStatus_ASYNC_QUERY_STATUS_SUCCESS && answer.Msg.Pprof != nil {
			return ""
		}
		return fmt.Sprint(answer.Msg.Async)
	})
	poll.Async.RequestId = "unknown"
	if _, err := querier.SelectMergeStacktraces(ctx, connect.NewRequest(poll)); connect.CodeOf(err) != connect.CodeNotFound {
		t.Errorf("an unknown query: %v", err)
	}
}
