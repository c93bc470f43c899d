#include "server/server.h"

#include <atomic>
#include <functional>
#include <future>
#include <optional>
#include <utility>

#include "api/api.h"
#include "api/tenant.h"
#include "base/log.h"
#include "base/metrics.h"
#include "collect/scrape.h"
#include "net/http.h"
#include "server/authenticator.h"
#include "server/certificate.h"
#include "server/config_text.h"
#include "server/own_profiles.h"
#include "server/periodic.h"
#include "server/process_metrics.h"
#include "server/retention_rules.h"
#include "server/router.h"
#include "server/store_metrics.h"
#include "store/embedded.h"

namespace anneal {
namespace {

Tenancy TenancyOf(const ServerConfig& config) {
  return config.tenancy == "header" ? Tenancy::kHeader : Tenancy::kSingle;
}

std::unique_ptr<Authenticator> MakeAuthenticator(const ServerConfig& config, Clock& clock,
                                                 Metrics& metrics) {
  if (config.auth_tokens.empty()) return nullptr;
  return std::make_unique<Authenticator>(
      AuthenticatorOptions{.file = config.auth_tokens,
                           .tenancy = TenancyOf(config),
                           .session_lifetime_ns = config.auth_session_ns},
      Fs::System(), clock, metrics);
}

constexpr int64_t kMaintenanceIntervalNs = int64_t{60} * 1'000'000'000;

class EmbeddedServer final : public Server {
 public:
  explicit EmbeddedServer(const ServerOptions& options)
      : config_(options.config),
        policy_(RetentionPolicyOf(options.config)),
        version_(options.version),
        revision_(options.revision),
        clock_(options.clock ? *options.clock : Clock::System()),
        process_metrics_(metrics_, clock_),
        own_profiles_(clock_),
        authenticator_(MakeAuthenticator(options.config, clock_, metrics_)),
        router_({.version = options.version,
                 .slow_ns = options.config.log_slow_ns,
                 .log_requests = options.config.log_level == "debug",
                 .authenticator = authenticator_.get(),
                 .access = {.tenancy = TenancyOf(options.config),
                            .open_metrics = options.config.auth_metrics == "open",
                            .debug = options.config.auth_debug == "admin" ? Right::kAdmin
                                                                          : Right::kRead},
                 .secure_cookie = SpeaksTls(options.config),
                 .max_nodes = options.config.limits.max_flame_nodes,
                 .admin = {.authenticated = authenticator_ != nullptr,
                           .open_to_loopback = options.config.admin_loopback == "on",
                           .tenancy = TenancyOf(options.config),
                           .backup_root = options.config.admin_backup_root},
                 .own_profiles = options.config.auth_debug == "off" ? nullptr : &own_profiles_},
                metrics_, clock_, [this] { Refresh(); }) {
    metrics_
        .GetGauge("anneal_build_info", "1; the labels say which build this is.",
                  {{"version", version_}, {"revision", revision_}})
        .Set(1);
  }
  ~EmbeddedServer() override { Shutdown(); }

  Status Start() {
    if (authenticator_) TRY(authenticator_->Reload());
    if (SpeaksTls(config_)) TRY(ReadCertificate());
    TRY(Listen());
    WarnWhenOpen();
    TRY(OpenStore());
    api_.emplace(*store_, clock_,
                 ApiOptions{.limits = PushLimits(),
                            .tenancy = TenancyOf(config_),
                            .version = version_,
                            .revision = revision_,
                            .config = ConfigTextOf(config_),
                            .metrics = &metrics_});
    retention_.emplace(config_.retention_interval_ns, [this] { Retain(); });
    maintenance_.emplace(kMaintenanceIntervalNs, [this] { Maintain(); });
    TRY(StartScraping());
    router_.SetApi(&*api_);
    router_.SetStore(store_.get());
    if (config_.self_profiling_ns != 0) {
      own_profiles_.Push(config_.self_profiling_ns, [this](std::string pprof, int64_t time_ns) {
        KeepOwnProfile(pprof, time_ns);
      });
    }
    return {};
  }

  std::string address() const override { return address_; }
  std::string url() const override {
    return fmt::format("{}://{}", SpeaksTls(config_) ? "https" : "http", address_);
  }

  Status Reload() override {
    if (!authenticator_ && !SpeaksTls(config_)) return {};
    const Status tokens = authenticator_ ? ReloadTokens() : Status();
    const Status certificate = SpeaksTls(config_) ? ReloadCertificate() : Status();
    const Status& status = tokens.ok() ? certificate : tokens;
    metrics_
        .GetCounter("anneal_reloads_total", "Times that files were read anew while running.",
                    {{"result", status.ok() ? "ok" : "failed"}})
        .Add(1);
    return status;
  }

  void Shutdown() override {
    if (shut_down_.exchange(true)) return;
    router_.SetApi(nullptr);
    router_.SetStore(nullptr);
    own_profiles_.Stop();
    // A scrape may be waiting for a profile that takes seconds to be made.
    if (scrape_http_) scrape_http_->Cancel();
    scraper_.reset();
    if (http_) http_->Shutdown(config_.shutdown_grace_ns);
    router_.EndNewcomers();
    // These use the store and outlive the requests that began them.
    if (api_) api_->StopAsync();
    router_.EndAdminCalls();
    retention_.reset();
    if (store_) store_->StopMaintaining();
    maintenance_.reset();
    // The store completes what it was given before it closes; only then may the API go.
    store_metrics_.reset();
    store_.reset();
    api_.reset();
  }

 private:
  Status ReloadTokens() {
    const Status status = authenticator_->Reload();
    if (status.ok()) {
      log::Info("tokens read anew", {{"file", config_.auth_tokens}});
    } else {
      log::Error("the token file is bad; what was read before stays in force",
                 {{"error", status.message()}});
    }
    return status;
  }

  // Connections that are open go on with the certificate that they began with.
  Status ReloadCertificate() {
    Status status = ReadCertificate();
    if (status.ok()) status = http_->ReloadTls();
    if (!status.ok()) {
      log::Error("the certificate is bad; what was read before stays in force",
                 {{"error", status.message()}});
    }
    return status;
  }

  // Its faults are told better here than where it is put to use.
  Status ReadCertificate() {
    ASSIGN_OR_RETURN(const int64_t end_ns, CheckCertificate(config_, Fs::System()));
    if (end_ns < clock_.NowNs()) {
      log::Warn("the certificate has expired: clients will refuse it; renew it and send SIGHUP",
                {{"file", config_.tls_cert}, {"until", ShowDay(end_ns)}});
    } else {
      log::Info("certificate read", {{"file", config_.tls_cert}, {"until", ShowDay(end_ns)}});
    }
    return {};
  }

  Status Listen() {
    ASSIGN_OR_RETURN(const ListenAddress listen, ParseListen(config_.listen));
    HttpServerOptions options;
    options.host = listen.host;
    options.port = listen.port;
    options.io_threads = static_cast<int>(config_.io_threads);
    options.worker_threads = static_cast<int>(config_.worker_threads);
    // A body alone must leave the budget whole, too.
    const uint64_t inflight = config_.max_inflight;
    const uint64_t body = config_.limits.max_body_bytes;
    options.max_body_bytes = body == 0 ? inflight : std::min(body, inflight);
    options.max_header_bytes = config_.max_header;
    options.max_inflight_bytes = inflight;
    options.header_timeout_ns = config_.header_timeout_ns;
    options.body_timeout_ns = config_.body_timeout_ns;
    options.idle_timeout_ns = config_.idle_timeout_ns;
    options.max_connections = config_.max_connections;
    options.tls_certificate_file = config_.tls_cert;
    options.tls_key_file = config_.tls_key;
    options.metrics = &metrics_;
    Result<std::unique_ptr<HttpServer>> http =
        HttpServer::Start(options, [this](HttpRequest request, HttpRespond respond) {
          router_.Handle(std::move(request), std::move(respond));
        });
    if (!http.ok()) {
      const Status& status = http.status();
      if (status.code() != Code::kUnavailable) return status;
      return Error(Code::kUnavailable,
                   "{}. Another program, perhaps another anneal, has port {}: end it, or choose a "
                   "free port with --listen {}:PORT",
                   status.message(), listen.port, listen.host.empty() ? "0.0.0.0" : listen.host);
    }
    http_ = std::move(http).value();
    const bool bracketed = listen.host.find(':') != std::string::npos;
    address_ = fmt::format(fmt::runtime(bracketed ? "[{}]:{}" : "{}:{}"),
                           listen.host.empty() ? "0.0.0.0" : listen.host, http_->port());
    router_.SetUrl(url());
    return {};
  }

  void WarnWhenOpen() {
    const Result<ListenAddress> listen = ParseListen(config_.listen);
    if (authenticator_ || (listen.ok() && IsLoopback(listen->host))) return;
    log::Warn("everybody who reaches this address may read and write; set auth.tokens",
              {{"address", address_}});
  }

  // What retention would delete at once is refused instead: the client should know. The store
  // refuses by rule.
  Limits PushLimits() const {
    Limits limits = config_.limits;
    if (limits.max_age_ns == 0) limits.max_age_ns = policy_.LongestAgeNs();
    if (config_.label_names == "sanitized") limits.label_names = LabelNames::kSanitized;
    return limits;
  }

  Status OpenStore() {
    EmbeddedOptions options;
    options.directory = config_.data;
    options.epoch_ns = config_.store_epoch_ns;
    options.block_cache_bytes = config_.store_block_cache;
    options.result_cache_bytes = config_.store_result_cache;
    options.intern_cache_bytes = config_.store_intern_cache;
    options.max_series_per_tenant = config_.store_max_series;
    options.clock = &clock_;
    options.metrics = &metrics_;
    ASSIGN_OR_RETURN(store_, OpenEmbedded(options));
    store_->SetRetention(policy_);
    store_metrics_.emplace(*store_, metrics_, clock_);
    return {};
  }

  Status StartScraping() {
    if (config_.scrape.empty()) return {};
    scrape_http_ = Http::Create();
    ASSIGN_OR_RETURN(
        scraper_,
        Scraper::Start(
            config_.scrape,
            {.http = *scrape_http_,
             .clock = clock_,
             .metrics = metrics_,
             .sink = [this](const ScrapedProfile& profile) { return StoreScraped(profile); },
             .spool = scrape_spool_}));
    return {};
  }

  // Waits until the profile is durable: a scrape's failure to store is the scrape's failure.
  Status StoreScraped(const ScrapedProfile& profile) {
    std::vector<LabelPair> labels;
    labels.reserve(profile.labels.size());
    for (const auto& [name, value] : profile.labels) labels.push_back({name, value});
    // Shared, since the promise is still at work when the wait for it is over.
    auto stored = std::make_shared<std::promise<Status>>();
    std::future<Status> result = stored->get_future();
    api_->Push("anonymous", labels, profile.pprof, {.fallback_time_ns = profile.time_ns},
               [stored](Status status) { stored->set_value(std::move(status)); });
    return result.get();
  }

  // Waits, so that the store's end is not overtaken.
  void KeepOwnProfile(std::string_view pprof, int64_t time_ns) {
    auto stored = std::make_shared<std::promise<Status>>();
    std::future<Status> result = stored->get_future();
    api_->Push(kAnonymousTenant,
               {{"__name__", "process_cpu"}, {"service_name", "anneal"}, {"version", version_}},
               pprof, {.fallback_time_ns = time_ns},
               [stored](Status status) { stored->set_value(std::move(status)); });
    if (const Status status = result.get(); !status.ok()) {
      log::Warn("cannot keep a profile of the server itself", {{"error", status.ToString()}});
    }
  }

  void Retain() {
    const Status status = store_->Retain();
    metrics_
        .GetCounter("anneal_retention_runs_total", "Searches for profiles past their retention.",
                    {{"result", status.ok() ? "ok" : "failed"}})
        .Add(1);
    if (!status.ok()) {
      log::Error("cannot drop profiles past their retention", {{"error", status.ToString()}});
    }
  }

  void Maintain() {
    const Status status = store_->Maintain();
    metrics_
        .GetCounter("anneal_store_maintenance_runs_total",
                    "Runs of the work that keeps long windows quick to answer.",
                    {{"result", status.ok() ? "ok" : "failed"}})
        .Add(1);
    if (!status.ok()) log::Error("cannot maintain the store", {{"error", status.ToString()}});
  }

  // Called for /metrics, at any time between Listen and Shutdown.
  void Refresh() {
    // Who comes while another refreshes gets the figures of before, rather than wait for the store.
    if (refreshing_.test_and_set()) return;
    process_metrics_.Update();
    if (router_.ready()) store_metrics_->Update();
    refreshing_.clear();
  }

  const ServerConfig config_;
  const RetentionPolicy policy_;
  const std::string version_, revision_;
  Clock& clock_;
  Metrics metrics_;
  std::atomic_flag refreshing_;
  ProcessMetrics process_metrics_;
  OwnProfiles own_profiles_;
  const std::unique_ptr<Authenticator> authenticator_;
  Router router_;
  std::unique_ptr<Store> store_;
  std::optional<StoreMetrics> store_metrics_;
  std::optional<Api> api_;
  std::optional<Periodic> retention_, maintenance_;
  std::unique_ptr<Http> scrape_http_;
  ScrapeSpool scrape_spool_;
  std::unique_ptr<Scraper> scraper_;
  std::unique_ptr<HttpServer> http_;
  std::string address_;
  std::atomic<bool> shut_down_{false};
};

}  // namespace

Result<std::unique_ptr<Server>> Server::Start(const ServerOptions& options) {
  auto server = std::make_unique<EmbeddedServer>(options);
  TRY(server->Start());
  return Result<std::unique_ptr<Server>>(std::move(server));
}

}  // namespace anneal
