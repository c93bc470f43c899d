package compat_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	googlev1 "github.com/grafana/pyroscope/api/gen/proto/go/google/v1"
	pushv1 "github.com/grafana/pyroscope/api/gen/proto/go/push/v1"
	querierv1 "github.com/grafana/pyroscope/api/gen/proto/go/querier/v1"
	collectorv1 "go.opentelemetry.io/proto/otlp/collector/profiles/v1development"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/status"
)

// TestGRPC is gRPC's own client, over HTTP/2 without TLS on the port of everything else.
func TestGRPC(t *testing.T) {
	connection, err := grpc.NewClient(strings.TrimPrefix(serverURL, "http://"),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	merge := func(t *testing.T, service string, options ...grpc.CallOption) []string {
		t.Helper()
		start, end := window()
		var profile googlev1.Profile
		err := connection.Invoke(ctx, "/querier.v1.QuerierService/SelectMergeProfile", &querierv1.SelectMergeProfileRequest{
			ProfileTypeID: cpuType, LabelSelector: selectorOf(service), Start: start, End: end,
		}, &profile, options...)
		if err != nil {
			t.Fatal(err)
		}
		return stacks(&profile)
	}
	for name, options := range map[string][]grpc.CallOption{"plain": nil, "gzip": {grpc.UseCompressor(gzip.Name)}} {
		t.Run("push-"+name, func(t *testing.T) {
			service := "compat-grpc-" + name
			request := pushRequest(service, zipped(cpuProfile(time.Now()))).Msg
			if err := connection.Invoke(ctx, "/push.v1.PusherService/Push", request, &pushv1.PushResponse{}, options...); err != nil {
				t.Fatal(err)
			}
			if got := merge(t, service, options...); len(got) == 0 {
				t.Error("what was pushed is not found")
			}
		})
		t.Run("otlp-"+name, func(t *testing.T) {
			service := "compat-grpc-otlp-" + name
			client := collectorv1.NewProfilesServiceClient(connection)
			response, err := client.Export(ctx, otlpRequest(service), options...)
			if err != nil {
				t.Fatal(err)
			}
			if refused := response.GetPartialSuccess().GetRejectedProfiles(); refused != 0 {
				t.Errorf("%d profiles refused: %s", refused, response.GetPartialSuccess().GetErrorMessage())
			}
			want := []string{"main.main+2 10000000", "main.main+2;main.work[go.shape.int]+5 30000000"}
			if got := merge(t, service, options...); !slices.Equal(got, want) {
				t.Errorf("SelectMergeProfile: %q, want %q", got, want)
			}
		})
	}
	for path, want := range map[string]codes.Code{
		"/push.v1.PusherService/Push":         codes.InvalidArgument,
		"/push.v1.PusherService/NoSuchMethod": codes.Unimplemented,
		"/querier.v1.QuerierService/NoMethod": codes.Unimplemented,
	} {
		err := connection.Invoke(ctx, path, &pushv1.PushRequest{}, &pushv1.PushResponse{})
		if got := status.Code(err); got != want {
			t.Errorf("%s: %v, want %v (%v)", path, got, want, err)
		}
	}
}
