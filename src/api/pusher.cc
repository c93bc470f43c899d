#include "api/pusher.h"

#include <opentelemetry/proto/collector/profiles/v1development/profiles_service.pb.h>

#include "api/fingerprint.h"
#include "api/header_value.h"
#include "api/otlp_profile.h"
#include "api/push_request.h"

namespace anneal {
namespace {

void Add(Metrics::Counter* counter, double amount) {
  if (counter != nullptr) counter->Add(amount);
}

// The first of two failures; but one that passes comes first, as what it kept out is to be sent
// again.
const Status& Foremost(const Status& first, const Status& second) {
  auto passes = [](const Status& status) { return status.code() == Code::kUnavailable; };
  return first.ok() || (passes(second) && !passes(first)) ? second : first;
}

// `refused`: the first profile that was not even sent to the store.
Status AnswerOf(const Status& refused, const AppendOutcome& outcome) {
  if (!outcome.failure.ok()) return outcome.failure;
  return Foremost(refused, outcome.refusal);
}

// What OpenTelemetry's clients are told of profiles that were refused beside others.
std::string PartialSuccess(size_t refused, const Status& first) {
  opentelemetry::proto::collector::profiles::v1development::ExportProfilesServiceResponse out;
  if (refused != 0) {
    out.mutable_partial_success()->set_rejected_profiles(static_cast<int64_t>(refused));
    out.mutable_partial_success()->set_error_message(first.message());
  }
  return out.SerializeAsString();
}

}  // namespace

Pusher::Pusher(Store& store, Clock& clock, const ApiOptions& options)
    : store_(store),
      clock_(clock),
      limits_(options.limits),
      rate_(options.limits.ingest_rate_bytes, options.limits.ingest_burst_bytes) {
  if (options.metrics == nullptr) return;
  Metrics& metrics = *options.metrics;
  counters_.profiles = &metrics.GetCounter("anneal_ingested_profiles_total",
                                           "Pushed profiles that are durable, by one per pprof.");
  counters_.bytes = &metrics.GetCounter("anneal_ingested_bytes_total",
                                        "Bytes of them, decoded, as the rate limit counts.");
  counters_.refused_pushes = &metrics.GetCounter(
      "anneal_refused_pushes_total", "Pushes with a profile that broke a rule or a limit.");
  counters_.failed_pushes =
      &metrics.GetCounter("anneal_failed_pushes_total", "Pushes that the store could not keep.");
}

void Pusher::PushMessage(std::string_view tenant, const HttpRequest& request, Answer done) {
  Result<std::vector<PushSeries>> parsed = ParsePushRequest(request.body);
  PushBatch batch = NewBatch(request.memory.get());
  Status refused = parsed.status();
  size_t profiles = 0;
  if (parsed.ok()) {
    for (PushSeries& series : *parsed) {
      for (size_t i = 0; i < series.profiles.size(); ++i) {
        ++profiles;
        Status added = AddPushed(tenant, series, i, batch);
        if (!added.ok()) refused = Foremost(refused, added);
      }
    }
    if (profiles == 0) refused = InvalidArgument("no profiles received");
  }
  Commit(tenant, batch, std::move(refused), [done = std::move(done)](const Status& status) {
    done(status.ok() ? Result<std::string>(std::string()) : Result<std::string>(status));
  });
}

void Pusher::PushOtlp(std::string_view tenant, const HttpRequest& request, Answer done) {
  PushBatch batch = NewBatch(request.memory.get());
  size_t refused = 0;
  Status first;
  // JSON names fields where protobuf numbers them.
  std::optional<OtlpLayout> layout;
  if (HeaderMain(request.headers.Get("Content-Type")).ends_with("json")) {
    layout = OtlpLayout::kCurrent;
  }
  const auto add = [&](Result<OtlpProfile> part) {
    Status added = part.status();
    if (part.ok()) {
      added = batch.Add(std::move(part->labels), std::move(part->profile), part->source, 0);
    }
    if (added.ok()) return;
    ++refused;
    first = Foremost(first, added);
  };
  const Status read = ForEachOtlpProfile(request.body, layout, limits_, request.memory.get(), add);
  if (!read.ok()) first = read;
  // Sent again, all of it may find room; what is stored twice counts once.
  if (first.code() == Code::kUnavailable) return done(std::move(first));
  const bool has_refused = !first.ok();
  Keep(tenant, batch, has_refused,
       [read_ok = read.ok(), refused, first = std::move(first),
        done = std::move(done)](const AppendOutcome& outcome) {
         const Status status = AnswerOf(first, outcome);
         const bool is_partial = read_ok && outcome.failure.ok() && outcome.profiles != 0;
         if (!status.ok() && !is_partial) return done(status);
         done(PartialSuccess(refused + outcome.refused, status));
       });
}

Status Pusher::AddPushed(std::string_view tenant, const PushSeries& series, size_t index,
                         PushBatch& batch) {
  const std::string_view pprof = series.profiles[index], id = series.ids[index];
  ASSIGN_OR_RETURN(Profile profile, batch.Decode(pprof));
  const bool has_time = profile.time_ns >= kYear1971;
  // With another id equal bytes are another profile: two programs may have done the same.
  std::array<uint8_t, 16> print = Fingerprint(pprof);
  std::string bytes_and_id(reinterpret_cast<const char*>(print.data()), print.size());
  bytes_and_id.append(id);
  if (!id.empty()) print = Fingerprint(bytes_and_id);
  RecentPushes::Push push{has_time ? profile.time_ns : clock_.NowNs(), print};
  if (!id.empty()) {
    // A client that calls all its profiles alike still has each of them: by its time, or else by
    // its bytes.
    const RecentPushes::Push first =
        recent_.First(tenant, has_time ? id : bytes_and_id, push, clock_.MonotonicNs());
    if (!has_time || first.time_ns == push.time_ns) push = first;
  }
  const std::string_view source(reinterpret_cast<const char*>(push.fingerprint.data()),
                                push.fingerprint.size());
  return batch.Add(series.labels, std::move(profile), source, push.time_ns);
}

void Pusher::Keep(std::string_view tenant, const PushBatch& batch, bool has_refused,
                  std::function<void(const AppendOutcome&)> done) {
  if (has_refused) Add(counters_.refused_pushes, 1);
  if (batch.writes().empty()) return done({});
  Status rate = rate_.Take(tenant, batch.bytes(), clock_.MonotonicNs());
  if (!rate.ok()) {
    Add(counters_.refused_pushes, has_refused ? 0 : 1);
    return done({.failure = std::move(rate)});
  }
  AppendBatch(
      store_, tenant, batch,
      [counters = counters_, has_refused, done = std::move(done)](const AppendOutcome& outcome) {
        Add(counters.profiles, static_cast<double>(outcome.profiles));
        Add(counters.bytes, static_cast<double>(outcome.bytes));
        if (!has_refused && outcome.refused != 0) Add(counters.refused_pushes, 1);
        if (!outcome.failure.ok()) Add(counters.failed_pushes, 1);
        done(outcome);
      });
}

void Pusher::Commit(std::string_view tenant, const PushBatch& batch, Status refused,
                    Api::PushDone done) {
  const bool has_refused = !refused.ok();
  Keep(tenant, batch, has_refused,
       [refused = std::move(refused), done = std::move(done)](const AppendOutcome& outcome) {
         done(AnswerOf(refused, outcome));
       });
}

}  // namespace anneal
