#include "cli/go_build.h"

#include <algorithm>

namespace anneal {
namespace {

// The last lines of a build's messages: the errors, without the pages before them.
std::string_view Tail(std::string_view text, int lines) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  size_t begin = text.size();
  while (lines-- > 0 && begin != std::string_view::npos && begin > 0) {
    begin = text.rfind('\n', begin - 1);
  }
  return begin == std::string_view::npos || begin == 0 ? text : text.substr(begin + 1);
}

constexpr std::string_view kNoGoHint = "\nIs Go installed, and its bin directory in PATH?";

Result<RunOutput> RunGo(Process& process, const GoBuild& build, std::vector<std::string> words) {
  Command command;
  command.argv = {build.go};
  command.argv.insert(command.argv.end(), words.begin(), words.end());
  command.cwd = build.directory;
  command.env = build.env;
  command.stderr_stream = Command::Stream::kPipe;
  Result<RunOutput> output = process.Run(command, "", build.timeout_ns);
  if (output.status().code() == Code::kNotFound) {
    return Error(Code::kNotFound, "{} {}: {}{}", build.go, words.front(), output.status().message(),
                 kNoGoHint);
  }
  if (!output.ok()) return output.status().Annotate(fmt::format("{} {}", build.go, words.front()));
  return output;
}

Result<RunOutput> Build(Process& process, const GoBuild& build, const std::string& output,
                        std::string_view gcflags) {
  std::vector<std::string> words = {"build", "-o", output, "-pgo=" + build.pgo};
  words.insert(words.end(), build.flags.begin(), build.flags.end());
  if (!gcflags.empty()) words.push_back(fmt::format("-gcflags={}", gcflags));
  words.insert(words.end(), build.packages.begin(), build.packages.end());
  return RunGo(process, build, std::move(words));
}

// With this as its output `go build` compiles and does not link.
constexpr char kNoOutput[] = "/dev/null";

}  // namespace

std::string_view GoBuildHint(std::string_view said) {
  if (said.find("flag provided but not defined: -pgo") != std::string_view::npos) {
    return "\nThis Go is too old: profiles are taken from Go 1.21 on; 'go version' tells which it "
           "is.";
  }
  const bool missing = said.find("go: not found") != std::string_view::npos ||
                       said.find("go: command not found") != std::string_view::npos;
  return missing ? kNoGoHint : "";
}

Status BuildGo(Process& process, const GoBuild& build, const std::string& output) {
  ASSIGN_OR_RETURN(RunOutput result, Build(process, build, output, ""));
  if (result.exit.ok()) return {};
  return Error(Code::kFailedPrecondition, "{} build -pgo={} {}: {}:\n{}{}", build.go, build.pgo,
               fmt::join(build.packages, " "), result.exit.ToString(), Tail(result.err, 20),
               GoBuildHint(result.err));
}

Result<Decisions> CollectDecisions(Process& process, const GoBuild& build) {
  ASSIGN_OR_RETURN(RunOutput result, Build(process, build, kNoOutput, kDecisionGcflags));
  if (result.exit.ok()) return ParseDecisions(result.err);
  // Among thousands of decisions an error is not to be found: the same build says it plainly.
  TRY(BuildGo(process, build, kNoOutput));
  return Error(Code::kFailedPrecondition, "{} build -gcflags=\"{}\": {}:\n{}", build.go,
               kDecisionGcflags, result.exit.ToString(), Tail(result.err, 20));
}

std::string GoBuildInfo::Pgo() const {
  auto it = settings.find("-pgo");
  return it == settings.end() ? "" : it->second;
}

Result<GoBuildInfo> ParseGoBuildInfo(std::string_view output) {
  GoBuildInfo info;
  bool first = true;
  while (!output.empty()) {
    size_t end = output.find('\n');
    std::string_view line = output.substr(0, end);
    output.remove_prefix(end == std::string_view::npos ? output.size() : end + 1);
    if (first) {  // "FILE: go1.26.8"
      size_t colon = line.rfind(": ");
      if (colon != std::string_view::npos) info.go_version = line.substr(colon + 2);
      first = false;
    } else if (line.starts_with("\tpath\t")) {
      info.path = line.substr(6);
    } else if (line.starts_with("\tbuild\t")) {  // "-pgo=/x/default.pgo", values may be quoted
      std::string_view setting = line.substr(7);
      size_t equals = setting.find('=');
      if (equals == std::string_view::npos) continue;
      std::string_view value = setting.substr(equals + 1);
      if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
        value = value.substr(1, value.size() - 2);
      }
      info.settings[std::string(setting.substr(0, equals))] = value;
    }
  }
  if (info.go_version.empty()) return InvalidArgument("not the output of go version -m");
  return info;
}

Result<GoBuildInfo> ReadGoBuildInfo(Process& process, const std::string& binary,
                                    const std::string& go) {
  GoBuild build{.go = go, .timeout_ns = 60LL * 1'000'000'000};
  ASSIGN_OR_RETURN(RunOutput result, RunGo(process, build, {"version", "-m", binary}));
  if (!result.exit.ok() || result.out.empty()) {
    return Error(Code::kFailedPrecondition, "{} version -m {}: {}: {}", go, binary,
                 result.exit.ToString(), Tail(result.err, 5));
  }
  return ParseGoBuildInfo(result.out);
}

}  // namespace anneal
