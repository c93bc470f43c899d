// The run: prepare, then session by session start the arms, warm them up, and take turns.
#include "verify/verify.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>

#include "verify/arm.h"
#include "verify/binary.h"
#include "verify/busy_processors.h"
#include "verify/effects.h"
#include "verify/machine.h"
#include "verify/stats.h"

namespace anneal {
namespace {

constexpr int kDefaultStarts = 8;
constexpr int64_t kBlocksPerSession = 3;  // at least; fewer say nothing about a start
static_assert(2 * kBlocksPerSession >= kLeastBlocks);
constexpr int64_t kProgressPauseNs = 200'000'000;

bool LivesBetweenBursts(VerifyMode mode) {
  return mode == VerifyMode::kStdin || mode == VerifyMode::kHttp;
}

// "100x" → 100.
Result<int64_t> ParseBenchtime(std::string_view text) {
  int64_t count = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || std::string_view(end, text.data() + text.size()) != "x" ||
      count < 1) {
    return InvalidArgument(
        "benchtime \"{}\": give a number of iterations, as in 100x, so that all arms do the same",
        text);
  }
  return count;
}

Status CheckPlan(const VerifyPlan& plan) {
  bool builds = !plan.build.command.empty();
  for (const auto& [name, arm] :
       {std::pair("baseline", &plan.baseline), std::pair("candidate", &plan.candidate)}) {
    if (arm->command.empty() && !builds) return InvalidArgument("no command for the {}", name);
  }
  if (builds && plan.build.layouts < 1) return InvalidArgument("layouts must be 1 or more");
  if (builds && plan.build.work_dir.empty()) return InvalidArgument("no directory for builds");
  if (plan.rounds < 0 || plan.sessions < 0 || plan.warmup_bursts < 0) {
    return InvalidArgument("rounds, starts and warm-up must not be negative");
  }
  if (plan.rounds == 0 && plan.budget_ns <= 0) return InvalidArgument("no rounds and no time");
  int64_t sessions = builds ? plan.build.layouts : plan.sessions;
  if (plan.rounds > 0 && plan.rounds < std::max(kLeastBlocks, sessions)) {
    return InvalidArgument(
        "rounds: {} are too few, {} are needed: {} to prove anything, and one for each start or "
        "layout",
        plan.rounds, std::max(kLeastBlocks, sessions), kLeastBlocks);
  }
  if (plan.sample_timeout_ns <= 0)
    return InvalidArgument("the timeout must be longer than nothing");
  if (plan.burst_ns <= 0) return InvalidArgument("the burst must be longer than nothing");
  if (plan.mode == VerifyMode::kHttp && plan.load.command.empty() &&
      (plan.load.requests.empty() || plan.load.concurrency < 1)) {
    return InvalidArgument("the load has no requests, or no connections to send them over");
  }
  return plan.gobench.benchtime.empty() ? Status()
                                        : ParseBenchtime(plan.gobench.benchtime).status();
}

std::string UnitOf(const VerifyPlan& plan) {
  switch (plan.mode) {
    case VerifyMode::kCommand:
      return "run";
    case VerifyMode::kStdin:
      return "repetition";
    case VerifyMode::kHttp:
      return "request";
    case VerifyMode::kGoBench:
      return "iteration";
  }
  return "unit";
}

// Records are kept and published: what is called like a credential is taken for one.
bool IsSecret(std::string name) {
  for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  constexpr std::string_view kMarks[] = {"TOKEN", "SECRET", "PASSW", "CREDENTIAL", "AUTH", "KEY"};
  return std::any_of(std::begin(kMarks), std::end(kMarks),
                     [&](std::string_view mark) { return name.find(mark) != std::string::npos; });
}

Status Interrupted() { return Status(Code::kCanceled, "interrupted"); }

class Runner {
 public:
  Runner(const VerifyPlan& plan, const VerifySeams& seams, const VerifyProgressCallback& progress)
      : plan_(plan),
        seams_(seams),
        progress_(progress),
        random_(plan.seed),
        busy_(seams.fs, seams.clock) {}

  Status Prepare();
  Status MeasureAll();
  RunRecord TakeRecord() { return std::move(record_); }

 private:
  Result<std::vector<ArmCommands>> PlanSessions();
  Status DescribeArms();
  Status FindBenchmarks();
  ArmStart StartOf(ArmId arm, const ArmCommands& commands) const;
  Result<Arm> StartArm(ArmId arm, const ArmCommands& commands);
  Result<std::vector<Arm>> StartArms(const ArmCommands& commands);
  Status Calibrate(const Arm& baseline);
  Result<int64_t> CalibratedUnits(const Arm& baseline, size_t benchmark);
  Status WarmUp(const std::vector<Arm>& arms, bool first_session);
  Status MeasureSession(size_t index);
  bool SessionDone(size_t index, const Session& session) const;
  Result<Block> RunBlock(const std::vector<Arm>& arms, int64_t block_index);
  void Report(std::string phase, bool now);
  RatioEstimate EstimateSoFar();
  void NoteOnce(std::string note);
  bool Canceled() const { return plan_.canceled && plan_.canceled(); }

  const VerifyPlan& plan_;
  VerifySeams seams_;
  const VerifyProgressCallback& progress_;
  Random random_;
  RunRecord record_;
  Pins pins_;
  std::vector<ArmCommands> sessions_;
  std::vector<int64_t> units_;  // per burst, by benchmark
  int64_t measure_start_ns_ = 0;
  int64_t last_report_ns_ = 0;
  int64_t blocks_done_ = 0;
  std::vector<double> effects_;  // of the candidate, all blocks; for progress only
  RatioEstimate estimate_{1, 0, 0};
  size_t estimated_ = 0;  // effects in estimate_
  BusyProcessors busy_;   // over the blocks
};

void Runner::NoteOnce(std::string note) {
  auto& notes = record_.notes;
  if (std::find(notes.begin(), notes.end(), note) == notes.end()) notes.push_back(std::move(note));
}

Result<std::vector<ArmCommands>> Runner::PlanSessions() {
  if (!plan_.build.command.empty()) return BuildLayouts(plan_, seams_, progress_);
  int64_t count = plan_.sessions;
  if (count == 0) {
    // A process that lives through many blocks has accidents of its own (where its pages and its
    // heap lie) that move its timings for as long as it lives: start it anew several times.
    count = LivesBetweenBursts(plan_.mode) ? kDefaultStarts : 1;
    if (plan_.rounds > 0) {
      count = std::clamp<int64_t>(plan_.rounds / kBlocksPerSession, 1, count);
    }
  }
  ArmCommands commands{.baseline = plan_.baseline.command,
                       .candidate = plan_.candidate.command,
                       .control = plan_.baseline.command};
  return std::vector<ArmCommands>(static_cast<size_t>(count), commands);
}

Status Runner::DescribeArms() {
  for (ArmId arm : kArms) {
    ArmPlan arm_plan = arm == ArmId::kCandidate ? plan_.candidate : plan_.baseline;
    arm_plan.command = sessions_[0].Of(arm);
    ASSIGN_OR_RETURN(record_.arms.emplace_back(),
                     DescribeBinary(arm, arm_plan, plan_.cwd, seams_.fs));
  }
  return Status();
}

Status Runner::FindBenchmarks() {
  record_.benchmarks = {""};
  if (plan_.mode != VerifyMode::kGoBench) return Status();
  Report("listing benchmarks", true);
  ASSIGN_OR_RETURN(
      std::vector<std::string> of_baseline,
      ListGoBenchmarks(StartOf(ArmId::kBaseline, sessions_[0]), plan_.gobench.pattern, seams_));
  ASSIGN_OR_RETURN(
      std::vector<std::string> of_candidate,
      ListGoBenchmarks(StartOf(ArmId::kCandidate, sessions_[0]), plan_.gobench.pattern, seams_));
  record_.benchmarks.clear();
  for (const std::string& name : of_baseline) {
    if (std::find(of_candidate.begin(), of_candidate.end(), name) != of_candidate.end()) {
      record_.benchmarks.push_back(name);
    } else {
      NoteOnce(fmt::format("{} is not in the candidate: left out", name));
    }
  }
  if (!record_.benchmarks.empty()) return Status();
  return Error(Code::kNotFound, "baseline and candidate have no benchmark in common");
}

Status Runner::Prepare() {
  TRY(CheckPlan(plan_));
  record_.mode = plan_.mode;
  record_.seed = plan_.seed;
  record_.tool_version = plan_.tool_version;
  record_.limits = plan_.limits;
  record_.unit = UnitOf(plan_);
  record_.started_unix_ns = seams_.clock.NowNs();
  for (const auto& [name, value] : plan_.env) {
    record_.env.emplace_back(name, IsSecret(name) ? "(not recorded)" : value);
  }
  record_.machine = MachineFacts(seams_.fs);
  pins_ = ChoosePins(plan_.pin);
  record_.machine.emplace_back(
      "pinning", pins_.arms.empty()
                     ? "none: " + pins_.note
                     : fmt::format("arms on processor {}, load on the others", pins_.arms[0]));
  std::sort(record_.machine.begin(), record_.machine.end());
  ASSIGN_OR_RETURN(sessions_, PlanSessions());
  TRY(DescribeArms());
  return FindBenchmarks();
}

ArmStart Runner::StartOf(ArmId arm, const ArmCommands& commands) const {
  return {.id = arm,
          .command = commands.Of(arm),
          .env = plan_.env,
          .cwd = plan_.cwd,
          .cpus = pins_.arms,
          .load_cpus = pins_.load,
          .timeout_ns = plan_.sample_timeout_ns,
          .canceled = plan_.canceled};
}

Result<Arm> Runner::StartArm(ArmId arm, const ArmCommands& commands) {
  ArmStart start = StartOf(arm, commands);
  switch (plan_.mode) {
    case VerifyMode::kCommand:
      return MakeCommandArm(start, seams_);
    case VerifyMode::kStdin:
      return StartStdinArm(start, seams_);
    case VerifyMode::kHttp:
      return StartHttpArm(start, plan_.load, seams_);
    case VerifyMode::kGoBench:
      return MakeGoBenchArm(start, record_.benchmarks, seams_);
  }
  return Error(Code::kInternal, "unknown mode");
}

// By ArmId; started in random order.
Result<std::vector<Arm>> Runner::StartArms(const ArmCommands& commands) {
  std::vector<ArmId> order(std::begin(kArms), std::end(kArms));
  random_.Shuffle(order);
  std::vector<Arm> arms(kArmCount);
  for (ArmId arm : order) {
    if (Canceled()) return Interrupted();
    ASSIGN_OR_RETURN(arms[static_cast<size_t>(arm)], StartArm(arm, commands));
  }
  return arms;
}

// As many units as take burst_ns of CPU time in the baseline.
Result<int64_t> Runner::CalibratedUnits(const Arm& baseline, size_t benchmark) {
  constexpr int64_t kMaxUnits = 1'000'000'000;
  constexpr int64_t kMaxGrowth = 20;
  constexpr int64_t kStartsCostBursts = 5;  // a process start must stay small beside the burst
  bool by_wall = plan_.mode == VerifyMode::kGoBench;  // its CPU time holds the process's start
  int64_t aim_ns = by_wall ? kStartsCostBursts * plan_.burst_ns : plan_.burst_ns;
  // A process that lives has its own start on its clock, which would pass for a costly unit.
  if (LivesBetweenBursts(plan_.mode)) TRY(baseline.run({benchmark, 1, 0}).status());
  int64_t units = 1;
  for (;;) {
    if (Canceled()) return Interrupted();
    ASSIGN_OR_RETURN(BurstResult result, baseline.run({benchmark, units, 0}));
    int64_t took_ns = by_wall ? result.sample.wall_ns : result.sample.cpu_ns;
    took_ns = std::max<int64_t>(took_ns, 1);
    double wanted =
        static_cast<double>(units) * static_cast<double>(aim_ns) / static_cast<double>(took_ns);
    if (took_ns * 2 >= aim_ns) return std::max<int64_t>(1, std::llround(wanted));
    if (units >= kMaxUnits) return units;
    // Tiny bursts overstate the cost of a unit: grow at least twofold.
    double most = static_cast<double>(std::min(units * kMaxGrowth, kMaxUnits));
    units = std::max(units * 2, static_cast<int64_t>(std::min(wanted, most)));
  }
}

Status Runner::Calibrate(const Arm& baseline) {
  units_.assign(record_.benchmarks.size(), 1);
  if (plan_.mode == VerifyMode::kCommand) return Status();
  if (plan_.mode == VerifyMode::kHttp && !plan_.load.command.empty()) return Status();
  Report("calibrating", true);
  for (size_t i = 0; i < units_.size(); ++i) {
    if (plan_.mode == VerifyMode::kHttp && plan_.load.requests_per_burst > 0) {
      units_[i] = plan_.load.requests_per_burst;
    } else if (plan_.mode == VerifyMode::kGoBench && !plan_.gobench.benchtime.empty()) {
      ASSIGN_OR_RETURN(units_[i], ParseBenchtime(plan_.gobench.benchtime));
    } else {
      ASSIGN_OR_RETURN(units_[i], CalibratedUnits(baseline, i));
    }
  }
  return Status();
}

// Fixed beforehand, so that no result can be chosen: the first bursts of each start. Processes
// that begin anew each time need it once, to bring their files into memory.
Status Runner::WarmUp(const std::vector<Arm>& arms, bool first_session) {
  bool lives = LivesBetweenBursts(plan_.mode);
  int bursts = lives ? plan_.warmup_bursts : std::min(plan_.warmup_bursts, first_session ? 1 : 0);
  Report("warming up", true);
  for (int burst = 0; burst < bursts; ++burst) {
    for (size_t benchmark = 0; benchmark < units_.size(); ++benchmark) {
      for (const Arm& arm : arms) {
        if (Canceled()) return Interrupted();
        Result<BurstResult> result = arm.run({benchmark, units_[benchmark], 0});
        if (!result.ok()) return result.status();
      }
    }
  }
  return Status();
}

Result<Block> Runner::RunBlock(const std::vector<Arm>& arms, int64_t block_index) {
  Block block;
  block.order.assign(std::begin(kArms), std::end(kArms));
  random_.Shuffle(block.order);
  block.samples.assign(units_.size(), std::vector<Sample>(kArmCount));
  busy_.Begin();
  int64_t arms_cpu_ns = 0;
  for (size_t benchmark = 0; benchmark < units_.size(); ++benchmark) {
    Burst burst{benchmark, units_[benchmark], block_index * units_[benchmark]};
    for (ArmId arm : block.order) {
      if (Canceled()) return Interrupted();
      ASSIGN_OR_RETURN(BurstResult result, arms[static_cast<size_t>(arm)].run(burst));
      if (result.sample.cpu_ns <= 0) {
        return Error(Code::kFailedPrecondition,
                     "the {} used no CPU time that can be measured: give it more work",
                     ArmName(arm));
      }
      block.samples[benchmark][static_cast<size_t>(arm)] = result.sample;
      arms_cpu_ns += result.sample.cpu_ns + result.load_cpu_ns;
    }
  }
  block.steal_ppm = busy_.End(arms_cpu_ns);
  return block;
}

bool Runner::SessionDone(size_t index, const Session& session) const {
  int64_t done = static_cast<int64_t>(session.blocks.size());
  int64_t count = static_cast<int64_t>(sessions_.size());
  int64_t position = static_cast<int64_t>(index);
  if (plan_.rounds > 0) {
    int64_t share = plan_.rounds / count + (position < plan_.rounds % count ? 1 : 0);
    return done >= share;
  }
  if (done < (count == 1 ? kLeastBlocks : kBlocksPerSession)) return false;
  int64_t share_ns = plan_.budget_ns / count * (position + 1);
  return seams_.clock.MonotonicNs() - measure_start_ns_ >= share_ns;
}

Status Runner::MeasureSession(size_t index) {
  Report(fmt::format("starting, {} of {}", index + 1, sessions_.size()), true);
  ASSIGN_OR_RETURN(std::vector<Arm> arms, StartArms(sessions_[index]));
  if (index == 0) TRY(Calibrate(arms[0]));
  TRY(WarmUp(arms, index == 0));
  Session& session = record_.sessions.emplace_back();
  session.layout_seed = sessions_[index].layout_seed;
  session.control_layout_seed = sessions_[index].control_layout_seed;
  std::vector<int64_t> wait_before_ns(kArmCount, 0);
  for (const Arm& arm : arms) {
    if (!arm.child) continue;
    wait_before_ns[static_cast<size_t>(arm.id)] = WaitNs(seams_.fs, arm.child->pid());
    if (ChildCount(seams_.fs, arm.child->pid()) > 0) {
      NoteOnce(fmt::format("the {} has child processes: their CPU time is not counted",
                           ArmName(arm.id)));
    }
  }
  while (!SessionDone(index, session)) {
    ASSIGN_OR_RETURN(Block block, RunBlock(arms, static_cast<int64_t>(session.blocks.size())));
    effects_.push_back(Effect(block.samples, ArmId::kCandidate));
    session.blocks.push_back(std::move(block));
    ++blocks_done_;
    Report("measuring", false);
  }
  session.wait_ns.assign(kArmCount, 0);
  for (const Arm& arm : arms) {
    size_t at = static_cast<size_t>(arm.id);
    if (arm.child) session.wait_ns[at] = WaitNs(seams_.fs, arm.child->pid()) - wait_before_ns[at];
  }
  return Status();
}

Status Runner::MeasureAll() {
  // From here on this thread, which makes the load, keeps off the arms' processor.
  ScopedAffinity affinity(pins_.load);
  measure_start_ns_ = seams_.clock.MonotonicNs();
  for (size_t i = 0; i < sessions_.size(); ++i) TRY(MeasureSession(i));
  record_.elapsed_ns = seams_.clock.MonotonicNs() - measure_start_ns_;
  // As stored in the verdict, so that a second analysis sees the same number.
  record_.other_load_cpus = std::round(busy_.Others() * 1e6) / 1e6;
  return Status();
}

// Anew when there is a tenth more to say: of all blocks each time, it would take from the run.
RatioEstimate Runner::EstimateSoFar() {
  constexpr int kRoughly = 200;
  constexpr size_t kFewest = 4;
  if (effects_.size() < std::max(kFewest, estimated_ + estimated_ / 10 + 1)) return estimate_;
  Interval interval = EstimateEffect(std::vector<std::vector<double>>{effects_}, 1, kRoughly);
  estimate_ = {std::exp(interval.estimate), std::exp(interval.low), std::exp(interval.high)};
  estimated_ = effects_.size();
  return estimate_;
}

void Runner::Report(std::string phase, bool now) {
  if (!progress_) return;
  int64_t now_ns = seams_.clock.MonotonicNs();
  if (!now && now_ns - last_report_ns_ < kProgressPauseNs) return;
  last_report_ns_ = now_ns;
  VerifyProgress progress{.phase = std::move(phase), .rounds_done = blocks_done_};
  int64_t elapsed_ns = now_ns - measure_start_ns_;
  if (plan_.rounds > 0) {
    progress.rounds_total = plan_.rounds;
    if (blocks_done_ > 0)
      progress.left_ns = elapsed_ns / blocks_done_ * (plan_.rounds - blocks_done_);
  } else if (measure_start_ns_ > 0) {
    progress.left_ns = std::max<int64_t>(0, plan_.budget_ns - elapsed_ns);
    double share = static_cast<double>(elapsed_ns) / static_cast<double>(plan_.budget_ns);
    if (share > 0) {
      progress.rounds_total =
          std::max(blocks_done_, static_cast<int64_t>(static_cast<double>(blocks_done_) / share));
    }
  }
  progress.candidate = EstimateSoFar();
  progress_(progress);
}

}  // namespace

Result<Verdict> RunVerification(const VerifyPlan& plan, const VerifySeams& seams,
                                const VerifyProgressCallback& progress) {
  Runner runner(plan, seams, progress);
  TRY(runner.Prepare());
  TRY(runner.MeasureAll());
  Verdict verdict;
  verdict.run = runner.TakeRecord();
  ASSIGN_OR_RETURN(verdict.analysis, Analyze(verdict.run));
  return verdict;
}

}  // namespace anneal
