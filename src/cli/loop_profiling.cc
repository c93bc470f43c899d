#include "cli/loop_profiling.h"

#include <thread>

#include "base/checked_run.h"
#include "base/substitute.h"
#include "collect/client.h"
#include "collect/profile_uuid.h"
#include "profile/pprof.h"
#include "verify/busy_processors.h"

namespace anneal {
namespace {

constexpr int64_t kSecondNs = 1'000'000'000;
constexpr int64_t kNsPerMs = 1'000'000;
constexpr int64_t kBenchTimeoutNs = 3600 * kSecondNs;
constexpr size_t kMaxProfileBytes = size_t{256} << 20;

// "process_cpu" of "process_cpu:cpu:nanoseconds:cpu:nanoseconds".
std::string MetricName(const std::string& profile_type) {
  return profile_type.substr(0, profile_type.find(':'));
}

Status PushBytes(const LoopRun& run, std::string_view pprof) {
  ProfileClient client(run.context.http, run.profile_server);
  PushProfile push{.labels = {{"__name__", MetricName(run.config.profiling.profile_type)},
                              {"service_name", run.config.service}},
                   .pprof = pprof,
                   .id = ContentUuid(pprof)};
  return client.Push(std::span(&push, 1))
      .Annotate("pushing the profile to " + run.profile_server.url);
}

// Drives one round and, when profiles are scraped, takes the CPU profile of it meanwhile.
Status DriveRound(const LoopRun& run, LoopService& service, int64_t duration_ns,
                  LoadTotals* totals) {
  if (run.config.profiling.source == LoopConfig::Source::kPush) {
    ASSIGN_OR_RETURN(LoadTotals load, service.Drive(duration_ns));
    totals->Add(load);
    return Status();
  }
  Result<HttpResponse> scraped = Status(Code::kInternal, "not scraped");
  std::jthread scraper([&] {
    HttpRequest request;
    request.target = fmt::format("{}/debug/pprof/profile?seconds={}", service.url(),
                                 std::max<int64_t>(1, duration_ns / kSecondNs));
    scraped = run.context.http.Fetch(request, duration_ns + 30 * kSecondNs, kMaxProfileBytes);
  });
  Result<LoadTotals> load = service.Drive(duration_ns);
  scraper.join();
  if (!load.ok()) return load.status();
  totals->Add(*load);
  if (!scraped.ok()) return scraped.status().Annotate("taking the CPU profile");
  if (scraped->status != 200) {
    return Error(Code::kFailedPrecondition,
                 "taking the CPU profile: {}/debug/pprof/profile answered {}: {}", service.url(),
                 scraped->status, scraped->body.substr(0, 200));
  }
  return PushBytes(run, scraped->body);
}

Status ProfileService(const LoopRun& run, LoopTurn* turn) {
  const LoopConfig::Profiling& plan = run.config.profiling;
  ProfilingFacts& facts = turn->profiling;
  ASSIGN_OR_RETURN(std::unique_ptr<LoopService> service,
                   LoopService::Start(run.config, turn->baseline_binary, run.profile_server.url,
                                      run.WorkPath(fmt::format("turn{}-service.log", turn->number)),
                                      run.context, run.interrupt));
  if (plan.warm_up_ns > 0) {
    run.Say("warming up");
    TRY(service->Drive(plan.warm_up_ns).status());
  }
  // A profile counts from its start on: what was begun before, in the warm-up, is left out.
  facts.start_ns = run.context.clock.NowNs();
  ASSIGN_OR_RETURN(int64_t cpu_before_ns, service->CpuTimeNs());
  BusyProcessors busy(run.context.fs, run.context.clock);
  busy.Begin();
  for (int round = 1; round <= plan.rounds; ++round) {
    run.Say(fmt::format("profiling under load, round {} of {}", round, plan.rounds));
    TRY(DriveRound(run, *service, plan.round_ns, &facts.load));
    if (round < plan.rounds) TRY(service->CleanUp());
    facts.rounds = round;
  }
  ASSIGN_OR_RETURN(int64_t cpu_after_ns, service->CpuTimeNs());
  facts.cpu_seconds = static_cast<double>(cpu_after_ns - cpu_before_ns) / 1e9;
  (void)busy.End(cpu_after_ns - cpu_before_ns);
  facts.other_load_cpus = busy.Others();
  // Its profiler pushes what is left when the program ends.
  service->Stop();
  facts.end_ns = run.context.clock.NowNs();
  return Status();
}

Status ProfileBench(const LoopRun& run, LoopTurn* turn) {
  ProfilingFacts& facts = turn->profiling;
  CliContext& context = run.context;
  facts.start_ns = context.clock.NowNs();
  BusyProcessors busy(context.fs, context.clock);
  busy.Begin();
  int64_t cpu_ns = 0;
  for (int round = 1; round <= run.config.profiling.rounds; ++round) {
    run.Say(
        fmt::format("running the benchmark, round {} of {}", round, run.config.profiling.rounds));
    std::string file = run.WorkPath(fmt::format("turn{}-round{}.pprof", turn->number, round));
    Command command =
        ShellCommand(Substitute(run.config.bench, {{"binary", ShellWord(turn->baseline_binary)},
                                                   {"profile", ShellWord(file)}}));
    command.cwd = run.config.directory;
    command.env = ProfilingEnvironment(run.config);
    command.canceled = [&run] { return run.interrupt.Requested(); };
    ASSIGN_OR_RETURN(
        RunOutput output,
        RunChecked(context.process, std::move(command),
                   fmt::format("the benchmark ({})", run.config.bench), kBenchTimeoutNs));
    cpu_ns += output.exit.user_ns + output.exit.system_ns;
    Result<std::string> pprof = context.fs.ReadFile(file);
    if (!pprof.ok())
      return pprof.status().Annotate("bench must write its CPU profile to {profile}");
    TRY(PushBytes(run, *pprof));
    facts.rounds = round;
  }
  facts.end_ns = context.clock.NowNs();
  facts.cpu_seconds = static_cast<double>(cpu_ns) / 1e9;
  (void)busy.End(cpu_ns);
  facts.other_load_cpus = busy.Others();
  return Status();
}

// Why a window may be empty.
std::string WhatToLookAt(const LoopRun& run) {
  if (LoopPushes(run.config)) return "is profiling.profile_type what was measured?";
  return fmt::format(
      "does the program push to {{server}} ({}) as service_name {}, more often than a round is "
      "long, and end on SIGTERM? What it printed is in {}",
      run.profile_server.url, run.config.service, run.WorkPath("turn*-service.log"));
}

}  // namespace

Status ProfileUnderLoad(const LoopRun& run, LoopTurn* turn) {
  return run.config.run.empty() ? ProfileBench(run, turn) : ProfileService(run, turn);
}

Result<Profile> MergeWindow(const LoopRun& run, const LoopTurn& turn) {
  run.Say("merging the window");
  ProfileClient client(run.context.http, run.profile_server);
  MergeQuery query{
      .profile_type = run.config.profiling.profile_type,
      .selector = fmt::format("{{service_name=\"{}\"}}", run.config.service),
      .window = {turn.profiling.start_ns / kNsPerMs, turn.profiling.end_ns / kNsPerMs + 1}};
  Result<std::string> pprof = client.Merge(query);
  if (!pprof.ok()) return pprof.status().Annotate("merging at " + run.profile_server.url);
  ASSIGN_OR_RETURN(Profile profile, DecodePprof(*pprof));
  if (profile.SampleCount() == 0) {
    return Error(Code::kFailedPrecondition,
                 "no profile {} of type {} began in the {} s of profiling: {}", query.selector,
                 query.profile_type, (turn.profiling.end_ns - turn.profiling.start_ns) / kSecondNs,
                 WhatToLookAt(run));
  }
  return profile;
}

}  // namespace anneal
