#include "collect/scrape_target.h"

#include "base/log.h"
#include "profile/compress.h"
#include "profile/pprof.h"

namespace anneal {
namespace {

constexpr size_t kMaxProfileBytes = size_t{256} << 20;
constexpr int64_t kSecond = 1'000'000'000;

// A timed profile leaves a second of the interval for getting there and back.
int64_t TimedSeconds(const ScrapeConfig& config) {
  return std::max<int64_t>(1, config.interval_ns / kSecond - 1);
}

std::string Url(const ScrapeConfig& config, const ScrapeTarget& target,
                const ScrapeProfile& profile) {
  std::string url =
      fmt::format("{}://{}{}{}", config.scheme, target.address, config.path_prefix, profile.path);
  if (profile.kind != ScrapeKind::kTimed) return url;
  char separator = profile.path.find('?') == std::string::npos ? '?' : '&';
  return fmt::format("{}{}seconds={}", url, separator, TimedSeconds(config));
}

// Labels of the target win over the job's, those over the ones we make up.
LabelList Labels(const ScrapeConfig& config, const ScrapeTarget& target,
                 const ScrapeProfile& profile) {
  std::map<std::string, std::string> labels = {
      {"instance", target.address}, {"job", config.job}, {"service_name", config.service}};
  for (const auto& [name, value] : config.labels) labels[name] = value;
  for (const auto& [name, value] : target.labels) labels[name] = value;
  // Names that begin so are the server's own.
  std::erase_if(labels, [](const auto& label) { return label.first.starts_with("__"); });
  labels["__name__"] = profile.name;
  labels["__delta__"] = "false";  // nothing is left for the server to subtract
  return {labels.begin(), labels.end()};
}

Metrics::LabelSet MetricLabels(const ScrapeConfig& config, const ScrapeTarget& target,
                               const ScrapeProfile& profile) {
  return {{"job", config.job}, {"instance", target.address}, {"profile", profile.name}};
}

std::string FirstLine(std::string_view body) {
  return std::string(body.substr(0, std::min<size_t>(body.find('\n'), 200)));
}

}  // namespace

ProfileScraper::ProfileScraper(const ScrapeConfig& config, const ScrapeTarget& target,
                               const ScrapeProfile& profile, const ScrapeSeams& seams)
    : profile_(profile),
      seams_(seams),
      labels_(Labels(config, target, profile)),
      url_(Url(config, target, profile)),
      timeout_ns_(config.timeout_ns +
                  (profile.kind == ScrapeKind::kTimed ? TimedSeconds(config) * kSecond : 0)),
      up_(seams.metrics.GetGauge("anneal_scrape_up", "1 when the last scrape succeeded, else 0.",
                                 MetricLabels(config, target, profile))),
      duration_(seams.metrics.GetGauge("anneal_scrape_duration_seconds",
                                       "How long the last scrape took.",
                                       MetricLabels(config, target, profile))),
      errors_(seams.metrics.GetCounter("anneal_scrape_errors_total", "Scrapes that failed.",
                                       MetricLabels(config, target, profile))),
      resets_(seams.metrics.GetCounter(
          "anneal_scrape_resets_total",
          "Intervals left out because a counter fell: the program was restarted.",
          MetricLabels(config, target, profile))),
      queue_(seams.sink, seams.spool, seams.clock, seams.metrics, url_,
             MetricLabels(config, target, profile), config.interval_ns) {}

Result<std::string> ProfileScraper::Fetch() {
  HttpRequest request;
  request.target = url_;
  request.headers.Set("User-Agent", "anneal");
  request.headers.Set("Accept", "*/*");
  ASSIGN_OR_RETURN(HttpResponse response,
                   seams_.http.Fetch(request, timeout_ns_, kMaxProfileBytes));
  if (response.status < 200 || response.status > 299) {
    return Error(Code::kUnavailable, "{}: HTTP status {}: {}", url_, response.status,
                 FirstLine(response.body));
  }
  if (response.body.empty()) return Error(Code::kUnavailable, "{}: empty answer", url_);
  if (response.body.front() == '<' ||
      response.headers.Get("Content-Type").starts_with("text/html")) {
    return Error(Code::kUnavailable,
                 "{}: an HTML page came instead of a profile: is this path "
                 "served by net/http/pprof?",
                 url_);
  }
  return std::move(response.body);
}

Status ProfileScraper::ScrapeCounters() {
  // One interval waits at most: until it is delivered the target's counters hold what happens.
  TRY(queue_.Deliver());
  int64_t start_ns = seams_.clock.NowNs();
  ASSIGN_OR_RETURN(std::string bytes, Fetch());
  Result<Profile> profile = DecodePprof(bytes);
  if (!profile.ok()) return profile.status().Annotate(url_);
  PprofDelta::Step step = delta_.Next(*std::move(profile), start_ns);
  if (step.outcome == PprofDelta::Outcome::kReset) resets_.Add(1);
  if (step.outcome != PprofDelta::Outcome::kProfile) return {};
  return queue_.Add({.labels = labels_,
                     .pprof = Gzip(EncodePprof(step.profile)),
                     .time_ns = step.profile.time_ns});
}

Status ProfileScraper::ScrapeUnobserved() {
  if (profile_.kind == ScrapeKind::kCumulative) return ScrapeCounters();
  int64_t start_ns = seams_.clock.NowNs();
  Result<std::string> bytes = Fetch();
  Status fetched = bytes.status();
  if (bytes.ok()) fetched = DecodePprof(*bytes).status().Annotate(url_);
  if (!fetched.ok()) {
    // Said already when it came to wait.
    [[maybe_unused]] Status delivered = queue_.Deliver();
    return fetched;
  }
  return queue_.Add({.labels = labels_, .pprof = *std::move(bytes), .time_ns = start_ns});
}

Status ProfileScraper::Scrape() {
  int64_t start_ns = seams_.clock.MonotonicNs();
  Status status = ScrapeUnobserved();
  // A scrape that the shutdown cut short says nothing about the target.
  if (status.code() != Code::kCanceled) Observe(status, seams_.clock.MonotonicNs() - start_ns);
  return status;
}

void ProfileScraper::Observe(const Status& status, int64_t duration_ns) {
  up_.Set(status.ok() ? 1 : 0);
  duration_.Set(static_cast<double>(duration_ns) / 1e9);
  if (!status.ok()) errors_.Add(1);
  Health now = status.ok() ? Health::kUp : Health::kDown;
  if (now == health_) return;
  if (!status.ok()) {
    log::Warn("scrape failed", {{"url", url_}, {"error", status.message()}});
  } else if (health_ == Health::kDown) {
    log::Info("scrape works again", {{"url", url_}});
  }
  health_ = now;
}

}  // namespace anneal
