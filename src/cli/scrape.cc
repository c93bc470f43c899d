// anneal scrape: pulls profiles from programs that serve net/http/pprof, and pushes them to a
// server or writes files.
#include "collect/scrape.h"

#include <algorithm>
#include <atomic>
#include <ostream>
#include <thread>

#include "base/log.h"
#include "base/mutex.h"
#include "base/units.h"
#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/interrupt.h"
#include "cli/query_flags.h"
#include "cli/server_flags.h"
#include "collect/client.h"
#include "collect/profile_uuid.h"
#include "collect/scrape_config.h"
#include "profile/compress.h"

namespace anneal {
namespace {

constexpr std::string_view kCommand = "scrape";

struct ScrapeArgs {
  ServerFlags server;
  std::vector<std::string> targets;
  std::string service, job = "scrape";
  std::string interval = "15s", scrape_timeout = "10s", duration;
  std::string scheme = "http", path_prefix;
  std::vector<std::string> profiles, labels;
  std::string config_file, output_dir;
  bool once = false;
};

Result<std::vector<ScrapeProfile>> ChooseProfiles(const ScrapeArgs& args) {
  std::vector<ScrapeProfile> profiles = DefaultScrapeProfiles();
  if (!args.profiles.empty()) profiles.clear();
  for (const std::string& name : args.profiles) {
    std::vector<std::string_view> names;
    for (const KnownProfile& known : KnownProfiles()) {
      names.push_back(known.name);
      if (known.name != name) continue;
      profiles.push_back({.name = name, .path = std::string(known.path), .kind = known.kind});
    }
    if (profiles.empty() || profiles.back().name != name) {
      return InvalidArgument("--profiles: unknown profile '{}'; known: {}", name,
                             fmt::join(names, ", "));
    }
  }
  return profiles;
}

Result<std::vector<ScrapeConfig>> ConfigOfFlags(const ScrapeArgs& args) {
  ScrapeConfig config{.job = args.job,
                      .service = args.service,
                      .scheme = args.scheme,
                      .path_prefix = args.path_prefix};
  if (config.service.empty()) return InvalidArgument("--service is required with --target");
  for (const std::string& address : args.targets) {
    TRY(CheckTargetAddress(address));
    config.targets.push_back({.address = address});
  }
  ASSIGN_OR_RETURN(config.interval_ns, ParseDuration(args.interval));
  ASSIGN_OR_RETURN(config.timeout_ns, ParseDuration(args.scrape_timeout));
  if (config.interval_ns < 1'000'000'000) return InvalidArgument("--interval: at least 1s");
  ASSIGN_OR_RETURN(config.profiles, ChooseProfiles(args));
  for (const std::string& text : args.labels) {
    size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      return InvalidArgument("--label '{}': write name=value", text);
    }
    config.labels.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return std::vector<ScrapeConfig>{std::move(config)};
}

Result<std::vector<ScrapeConfig>> ReadConfig(const ScrapeArgs& args, CliContext& context) {
  if (args.config_file.empty() == args.targets.empty()) {
    return InvalidArgument("give either --target, once or more, or --config");
  }
  if (args.config_file.empty()) return ConfigOfFlags(args);
  ASSIGN_OR_RETURN(std::string yaml, context.fs.ReadFile(args.config_file));
  Result<std::vector<ScrapeConfig>> configs = ParseScrapeConfig(yaml);
  if (!configs.ok()) return configs.status().Annotate(args.config_file);
  if (configs->empty()) return InvalidArgument("{}: no scrape section", args.config_file);
  return configs;
}

// The parts of a label's value that are safe in a file's name.
std::string FileSafe(std::string text) {
  for (char& c : text) {
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '.' && c != '-' && c != '_') c = '_';
  }
  return text;
}

std::string LabelOf(const ScrapedProfile& profile, std::string_view name) {
  for (const auto& [label, value] : profile.labels) {
    if (label == name) return value;
  }
  return "";
}

// Where profiles go, and how many have gone; called from the scraper's threads.
class Destination {
 public:
  Destination(const ScrapeArgs& args, ServerAddress server, CliContext& context)
      : output_dir_(args.output_dir), context_(context), client_(context.http, std::move(server)) {}

  Status Take(const ScrapedProfile& profile) EXCLUDES_LOCK(mutex_) {
    Enter();
    Status status = Deliver(profile);
    Leave();
    return status;
  }
  // Returns when nothing is on its way.
  void Drain() EXCLUDES_LOCK(mutex_) {
    MutexLock lock(mutex_);
    while (on_their_way_ > 0) changed_.Wait(mutex_);
  }
  size_t taken() const EXCLUDES_LOCK(mutex_) {
    MutexLock lock(mutex_);
    return taken_;
  }

 private:
  void Enter() EXCLUDES_LOCK(mutex_) {
    MutexLock lock(mutex_);
    ++on_their_way_;
  }
  void Leave() EXCLUDES_LOCK(mutex_) {
    MutexLock lock(mutex_);
    --on_their_way_;
    changed_.NotifyAll();
  }
  Status Deliver(const ScrapedProfile& profile) EXCLUDES_LOCK(mutex_) {
    std::string where = output_dir_.empty() ? "pushed" : Path(profile);
    if (output_dir_.empty()) {
      PushProfile push{
          .labels = profile.labels, .pprof = profile.pprof, .id = ContentUuid(profile.pprof)};
      TRY(client_.Push(std::span(&push, 1)));
    } else {
      std::string bytes = IsGzip(profile.pprof) ? profile.pprof : Gzip(profile.pprof);
      TRY(context_.fs.WriteFileAtomic(where, bytes));
    }
    MutexLock lock(mutex_);
    ++taken_;
    context_.out << fmt::format("{} {} {}: {}, {}\n", LabelOf(profile, "service_name"),
                                LabelOf(profile, "instance"), LabelOf(profile, "__name__"), where,
                                HumanBytes(profile.pprof.size()));
    context_.out.flush();
    return {};
  }
  std::string Path(const ScrapedProfile& profile) const {
    return fmt::format("{}/{}_{}_{}_{}.pb.gz", output_dir_,
                       FileSafe(LabelOf(profile, "service_name")),
                       FileSafe(LabelOf(profile, "instance")),
                       FileSafe(LabelOf(profile, "__name__")), profile.time_ns / 1'000'000);
  }

  const std::string output_dir_;
  CliContext& context_;
  ProfileClient client_;
  mutable Mutex mutex_;
  CondVar changed_;
  size_t taken_ GUARDED_BY(mutex_) = 0;
  size_t on_their_way_ GUARDED_BY(mutex_) = 0;
};

using Scrapers = std::vector<std::unique_ptr<ProfileScraper>>;

// Counters are taken as they are: since the start of the program. Timed profiles, which take
// longest, come first.
Scrapers ScrapersForOnce(std::vector<ScrapeConfig> configs, const ScrapeSeams& seams) {
  Scrapers all;
  for (ScrapeConfig& config : configs) {
    for (ScrapeProfile& profile : config.profiles) {
      if (profile.kind == ScrapeKind::kCumulative) profile.kind = ScrapeKind::kSnapshot;
    }
    for (const ScrapeTarget& target : config.targets) {
      for (const ScrapeProfile& profile : config.profiles) {
        all.push_back(std::make_unique<ProfileScraper>(config, target, profile, seams));
      }
    }
  }
  std::partition(all.begin(), all.end(),
                 [](const auto& scraper) { return scraper->profile().kind == ScrapeKind::kTimed; });
  return all;
}

// One scrape of everything, so many at a time.
int ScrapeOnce(std::vector<ScrapeConfig> configs, const ScrapeSeams& seams, CliContext& context) {
  constexpr size_t kMaxThreads = 128;
  const Scrapers all = ScrapersForOnce(std::move(configs), seams);
  std::vector<Status> results(all.size());
  std::atomic<size_t> next{0};
  auto work = [&] {
    for (size_t i = next++; i < all.size(); i = next++) results[i] = all[i]->Scrape();
  };
  std::vector<std::thread> threads;
  for (size_t i = 0; i < std::min(all.size(), kMaxThreads); ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  int status = kExitOk;
  for (const Status& result : results) {
    if (!result.ok()) status = ReportFailure(context, kCommand, result);
  }
  return status;
}

int ScrapeUntilStopped(std::span<const ScrapeConfig> configs, int64_t duration_ns,
                       Destination& destination, const ScrapeSeams& seams, CliContext& context) {
  InterruptScope interrupt;
  Result<std::unique_ptr<Scraper>> scraper = Scraper::Start(configs, seams);
  if (!scraper.ok()) return ReportFailure(context, kCommand, scraper.status());
  context.err << fmt::format(
      "scraping {}\n", duration_ns == 0 ? "until Ctrl-C" : "for " + FormatDuration(duration_ns));
  int64_t end_ns = context.clock.MonotonicNs() + duration_ns;
  constexpr int64_t kHour = 3'600'000'000'000;
  while (!interrupt.Requested()) {
    int64_t left_ns = duration_ns == 0 ? kHour : end_ns - context.clock.MonotonicNs();
    if (left_ns <= 0) break;
    interrupt.WaitFor(std::min(left_ns, kHour));
  }
  (*scraper)->RequestStop();
  if (!interrupt.Requested()) destination.Drain();
  context.http.Cancel();  // a CPU profile in flight is not waited for
  scraper->reset();
  size_t taken = destination.taken();
  context.err << fmt::format("{} profiles\n", taken);
  if (seams.spool.lost() > 0) {
    context.err << fmt::format("{} more were taken but not delivered: the messages above say why\n",
                               seams.spool.lost());
  }
  if (interrupt.Requested()) return kExitInterrupted;
  return taken > 0 && seams.spool.lost() == 0 ? kExitOk : kExitFailed;
}

int Scrape(const ScrapeArgs& args, CliContext& context) {
  Result<ServerAddress> server = ResolveServer(args.server, context);
  if (!server.ok()) return ReportUsage(context, kCommand, server.status());
  Result<std::vector<ScrapeConfig>> configs = ReadConfig(args, context);
  if (!configs.ok()) return ReportUsage(context, kCommand, configs.status());
  int64_t duration_ns = 0;
  if (!args.duration.empty()) {
    Result<int64_t> duration = ParseDuration(args.duration);
    if (!duration.ok()) return ReportUsage(context, kCommand, duration.status());
    duration_ns = *duration;
  }
  if (!args.output_dir.empty()) {
    Status made = context.fs.MakeDirs(args.output_dir);
    if (!made.ok()) return ReportFailure(context, kCommand, made);
  }
  Destination destination(args, *server, context);
  Metrics metrics;
  ScrapeSpool spool;
  ScrapeSeams seams{context.http, context.clock, metrics,
                    [&](const ScrapedProfile& profile) { return destination.Take(profile); },
                    spool};
  // What fails once is reported once, at the end.
  if (args.once) log::Configure(log::Level::kError, log::Format::kLogfmt);
  if (args.once) return ScrapeOnce(*std::move(configs), seams, context);
  return ScrapeUntilStopped(*configs, duration_ns, destination, seams, context);
}

void AddTargetFlags(CLI::App& app, ScrapeArgs& args) {
  app.add_option("--target", args.targets, "Address of a program; repeat it")
      ->type_name("HOST:PORT")
      ->allow_extra_args(false);
  app.add_option("--service", args.service, "Name to store its profiles under: service_name")
      ->type_name("NAME");
  app.add_option("--job", args.job, "The label job")->type_name("NAME");
  app.add_option("--label", args.labels, "A further label, name=value; repeat it")
      ->type_name("LABEL")
      ->allow_extra_args(false);
  app.add_option("--profiles", args.profiles,
                 "What to take: process_cpu, memory, goroutine, mutex, block unless given")
      ->type_name("NAME,...")
      ->delimiter(',')
      ->allow_extra_args(false);
  app.add_option("--scheme", args.scheme, "How to reach the targets, http or https")
      ->type_name("SCHEME")
      ->check(CLI::IsMember({"http", "https"}).description(""));
  app.add_option("--path-prefix", args.path_prefix, "What comes before /debug/pprof")
      ->type_name("PATH");
  app.add_option("--config", args.config_file,
                 "Take jobs from the scrape section of this file instead of --target")
      ->type_name("FILE");
}

}  // namespace

CommandRun DefineScrape(CLI::App& app, CliContext& context) {
  auto args = std::make_shared<ScrapeArgs>();
  AddTargetFlags(app, *args);
  app.add_option("--interval", args->interval,
                 "From one scrape to the next; CPU is profiled for "
                 "a second less")
      ->type_name("DURATION");
  app.add_option("--scrape-timeout", args->scrape_timeout,
                 "Give up on a target after this long, besides the time of a CPU profile")
      ->type_name("DURATION");
  app.add_flag("--once", args->once,
               "Take each profile once, counters since the start of the program");
  app.add_option("--duration", args->duration, "Stop after this long")->type_name("DURATION");
  app.add_option("--output-dir", args->output_dir, "Write files here instead of pushing them")
      ->type_name("DIR");
  AddServerFlags(app, args->server);
  return [args, &context] { return Scrape(*args, context); };
}

}  // namespace anneal
