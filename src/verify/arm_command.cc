// Command lines of arms, and the arms whose every sample is a process of its own.
#include <cctype>
#include <sstream>

#include "base/checked_run.h"
#include "verify/arm.h"

namespace anneal {
namespace {

bool IsAssignment(std::string_view word) {
  size_t equals = word.find('=');
  if (equals == std::string_view::npos || equals == 0) return false;
  for (char c : word.substr(0, equals)) {
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_') return false;
  }
  return !std::isdigit(static_cast<unsigned char>(word[0]));
}

Status NeedsShell(char c, std::string_view line) {
  return InvalidArgument(
      "'{}' in the command needs a shell: quote it, or put the line into a script that ends "
      "with exec: {}",
      c, line);
}

bool IsOneOf(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }

// Reads a quoted part of `line` that opens at `i`; leaves `i` on the closing quote.
Status ReadQuoted(std::string_view line, size_t& i, std::string& word) {
  char quote = line[i];
  for (++i; i < line.size() && line[i] != quote; ++i) {
    if (quote == '"' && line[i] == '\\' && i + 1 < line.size() && IsOneOf(line[i + 1], "\"\\$`")) {
      ++i;
    } else if (quote == '"' && IsOneOf(line[i], "$`")) {
      return NeedsShell(line[i], line);
    }
    word += line[i];
  }
  if (i >= line.size()) return InvalidArgument("unclosed {} in command: {}", quote, line);
  return Status();
}

Result<RunOutput> RunWhole(Command command, const ArmStart& start, const VerifySeams& seams) {
  ApplyStart(start, &command);
  return RunChecked(seams.process, std::move(command), ArmLabel(start), start.timeout_ns);
}

Sample WholeSample(const RunOutput& run, int64_t units, int64_t wall_ns) {
  return {run.exit.user_ns + run.exit.system_ns, units, wall_ns};
}

// "BenchmarkA/size=4" → "^BenchmarkA$/^size=4$", its parts quoted for a regular expression.
std::string ExactPattern(std::string_view name) {
  std::string pattern = "^";
  for (char c : name) {
    if (c == '/') {
      pattern += "$/^";
      continue;
    }
    if (std::string_view("\\.+*?()|[]{}^$").find(c) != std::string_view::npos) pattern += '\\';
    pattern += c;
  }
  return pattern + "$";
}

Result<Command> GoBenchCommand(const ArmStart& start, const std::string& pattern,
                               int64_t iterations) {
  Result<Command> command = ParseArmCommand(start.command);
  if (!command.ok()) return command.status().Annotate(ArmLabel(start));
  for (std::string argument :
       {std::string("-test.run=^$"), "-test.bench=" + pattern,
        fmt::format("-test.benchtime={}x", iterations), std::string("-test.count=1")}) {
    command->argv.push_back(std::move(argument));
  }
  if (!start.cpus.empty()) {
    command->argv.push_back(fmt::format("-test.cpu={}", start.cpus.size()));
  }
  return command;
}

Result<BurstResult> RunGoBenchmark(const ArmStart& start, const std::string& name, int64_t units,
                                   const VerifySeams& seams) {
  ASSIGN_OR_RETURN(Command command, GoBenchCommand(start, ExactPattern(name), units));
  ASSIGN_OR_RETURN(RunOutput run, RunWhole(command, start, seams));
  std::vector<GoBenchLine> lines = ParseGoBenchOutput(run.out, start.cpus.size());
  if (lines.size() != 1) {
    return Error(Code::kFailedPrecondition, "{}: benchmark {} gave {} result lines, not one: {}",
                 ArmLabel(start), name, lines.size(), LastWords(run.out));
  }
  double wall_ns = lines[0].ns_per_op * static_cast<double>(units);
  return BurstResult{WholeSample(run, units, static_cast<int64_t>(wall_ns)), 0};
}

}  // namespace

std::string ArmLabel(const ArmStart& start) {
  return fmt::format("{} ({})", ArmName(start.id), start.command);
}

void ApplyStart(const ArmStart& start, Command* command) {
  command->env.insert(command->env.begin(), start.env.begin(), start.env.end());
  command->cwd = start.cwd;
  command->cpus = start.cpus;
  command->canceled = start.canceled;
}

Result<Command> ParseArmCommand(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  for (size_t i = 0; i < line.size(); ++i) {
    char c = line[i];
    if (c == ' ' || c == '\t' || c == '\n') {
      if (in_word) words.push_back(std::move(word));
      word.clear();
      in_word = false;
      continue;
    }
    bool begins = !in_word;
    in_word = true;
    if (c == '\'' || c == '"') {
      TRY(ReadQuoted(line, i, word));
    } else if (c == '\\' && i + 1 < line.size()) {
      word += line[++i];
    } else if (IsOneOf(c, "|&;<>()$`*?[") || (begins && IsOneOf(c, "~#"))) {
      return NeedsShell(c, line);
    } else {
      word += c;
    }
  }
  if (in_word) words.push_back(std::move(word));
  Command command;
  for (std::string& w : words) {
    if (command.argv.empty() && IsAssignment(w)) {
      size_t equals = w.find('=');
      command.env.emplace_back(w.substr(0, equals), w.substr(equals + 1));
    } else {
      command.argv.push_back(std::move(w));
    }
  }
  if (command.argv.empty()) return InvalidArgument("no program in command \"{}\"", line);
  return command;
}

Arm MakeCommandArm(const ArmStart& start, const VerifySeams& seams) {
  Result<Command> parsed = ParseArmCommand(start.command);
  // Lines with pipes and the like are the shell's; their CPU time includes the shell's start.
  Command command = parsed.ok() ? *parsed : ShellCommand(start.command);
  command.stdout_stream = Command::Stream::kDiscard;
  Arm arm;
  arm.id = start.id;
  arm.run = [command, start, seams](const Burst& burst) -> Result<BurstResult> {
    int64_t began_ns = seams.clock.MonotonicNs();
    Sample sample{0, burst.units, 0};
    for (int64_t i = 0; i < burst.units; ++i) {
      ASSIGN_OR_RETURN(RunOutput run, RunWhole(command, start, seams));
      sample.cpu_ns += WholeSample(run, 1, 0).cpu_ns;
    }
    sample.wall_ns = seams.clock.MonotonicNs() - began_ns;
    return BurstResult{sample, 0};
  };
  return arm;
}

Arm MakeGoBenchArm(const ArmStart& start, std::vector<std::string> benchmarks,
                   const VerifySeams& seams) {
  Arm arm;
  arm.id = start.id;
  arm.run = [start, benchmarks = std::move(benchmarks), seams](const Burst& burst) {
    return RunGoBenchmark(start, benchmarks[burst.benchmark], burst.units, seams);
  };
  return arm;
}

Result<std::vector<std::string>> ListGoBenchmarks(const ArmStart& start, const std::string& pattern,
                                                  const VerifySeams& seams) {
  ASSIGN_OR_RETURN(Command command, GoBenchCommand(start, pattern, 1));
  ASSIGN_OR_RETURN(RunOutput run, RunWhole(command, start, seams));
  std::vector<std::string> names;
  for (GoBenchLine& line : ParseGoBenchOutput(run.out, start.cpus.size())) {
    names.push_back(std::move(line.name));
  }
  if (names.empty()) {
    return Error(Code::kNotFound, "{}: no benchmark matches \"{}\"; it printed: {}",
                 ArmLabel(start), pattern, LastWords(run.out));
  }
  return names;
}

std::vector<GoBenchLine> ParseGoBenchOutput(std::string_view output, size_t cpus) {
  std::vector<GoBenchLine> lines;
  std::string suffix = fmt::format("-{}", cpus);
  while (!output.empty()) {
    size_t end = std::min(output.find('\n'), output.size());
    std::istringstream words{std::string(output.substr(0, end))};
    output.remove_prefix(std::min(end + 1, output.size()));
    GoBenchLine line;
    std::string unit;
    if (!(words >> line.name >> line.iterations >> line.ns_per_op >> unit)) continue;
    if (line.name.rfind("Benchmark", 0) != 0 || unit != "ns/op") continue;
    // Go leaves the suffix out for one processor.
    if (cpus != 1 && line.name.ends_with(suffix)) {
      line.name.resize(line.name.size() - suffix.size());
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace anneal
