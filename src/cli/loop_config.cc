#include "cli/loop_config.h"

#include <yaml-cpp/yaml.h>

#include <filesystem>
#include <initializer_list>

#include "base/units.h"
#include "verify/arm.h"
#include "verify/verdict.h"

namespace anneal {
namespace {

Status At(const YAML::Node& node, std::string_view message) {
  return InvalidArgument("line {}: {}", node.Mark().line + 1, message);
}

// One mapping of the file, read key by key. The first error sticks; Finish reports it, or the
// first key that nobody asked for.
class Section {
 public:
  Section(const YAML::Node& node, std::string name) : node_(node), name_(std::move(name)) {
    if (node_ && !node_.IsNull() && !node_.IsMap()) {
      Fail(node_, fmt::format("{} must be a mapping of keys to values", name_));
    }
  }

  // The node of a key, undefined when it is absent.
  YAML::Node Take(const std::string& key) {
    known_.push_back(key);
    return status_.ok() && node_ && node_.IsMap() ? node_[key]
                                                  : YAML::Node(YAML::NodeType::Undefined);
  }

  void Read(const std::string& key, std::string* into) {
    YAML::Node value = Take(key);
    if (!value.IsDefined()) return;
    if (!value.IsScalar()) return Fail(value, fmt::format("{} must be text", key));
    *into = value.Scalar();
  }
  template <typename Parse, typename T>
  void ReadBy(const std::string& key, Parse parse, T* into) {
    std::string text;
    Read(key, &text);
    if (text.empty()) return;
    auto parsed = parse(text);
    if (!parsed.ok())
      return Fail(node_[key], fmt::format("{}: {}", key, parsed.status().message()));
    *into = *parsed;
  }
  // A number within [low, high].
  template <typename T>
  void ReadNumber(const std::string& key, T low, T high, T* into) {
    YAML::Node value = Take(key);
    if (!value.IsDefined()) return;
    T number{};
    if (!value.IsScalar() || !YAML::convert<T>::decode(value, number) || number < low ||
        number > high) {
      return Fail(value, fmt::format("{} must be a number from {} to {}", key, low, high));
    }
    *into = number;
  }
  void ReadFlag(const std::string& key, bool* into) {
    YAML::Node value = Take(key);
    if (!value.IsDefined()) return;
    if (!value.IsScalar() || !YAML::convert<bool>::decode(value, *into)) {
      Fail(value, fmt::format("{} must be true or false", key));
    }
  }
  // A mapping of names to texts, in the file's order.
  void ReadPairs(const std::string& key, std::vector<std::pair<std::string, std::string>>* into) {
    YAML::Node value = Take(key);
    if (!value.IsDefined()) return;
    if (!value.IsMap()) return Fail(value, fmt::format("{} must map names to values", key));
    for (const auto& entry : value) {
      if (!entry.second.IsScalar())
        return Fail(entry.second, fmt::format("{} must hold texts", key));
      into->emplace_back(entry.first.Scalar(), entry.second.Scalar());
    }
  }

  void Fail(const YAML::Node& node, std::string_view message) {
    if (status_.ok()) status_ = At(node, message);
  }

  Status Finish() {
    TRY(status_);
    if (!node_ || !node_.IsMap()) return Status();
    for (const auto& entry : node_) {
      const std::string& key = entry.first.Scalar();
      if (std::find(known_.begin(), known_.end(), key) == known_.end()) {
        return At(entry.first, fmt::format("{} has no key \"{}\"; its keys are {}", name_, key,
                                           fmt::join(known_, ", ")));
      }
    }
    return Status();
  }

 private:
  YAML::Node node_;
  std::string name_;
  std::vector<std::string> known_;
  Status status_;
};

std::string Resolve(const std::string& base, const std::string& path) {
  if (base.empty()) return path;
  return (std::filesystem::path(base) / path).lexically_normal().string();
}

Status ReadInput(const YAML::Node& node, const std::string& config_dir, const Fs& fs,
                 LoopInput* input) {
  Section section(node, "an input");
  section.Read("name", &input->name);
  section.Read("path", &input->path);
  section.ReadPairs("headers", &input->headers);
  section.ReadNumber("weight", 0.0, 1e9, &input->weight);
  std::string body_file;
  section.Read("body", &input->body);
  section.Read("body_file", &body_file);
  if (!body_file.empty()) {
    if (!input->body.empty()) section.Fail(node, "give body or body_file, not both");
    Result<std::string> body = fs.ReadFile(Resolve(config_dir, body_file));
    if (!body.ok()) return At(node["body_file"], body.status().message());
    input->body = *std::move(body);
  }
  if (!input->body.empty()) input->method = "POST";
  section.Read("method", &input->method);
  if (input->name.empty()) input->name = input->path;
  return section.Finish();
}

Status ReadLoad(const YAML::Node& node, const std::string& config_dir, const Fs& fs,
                LoopConfig::Load* load) {
  Section section(node, "load");
  section.Read("ready", &load->ready);
  section.ReadNumber("concurrency", 1, 1024, &load->concurrency);
  section.Read("command", &load->command);
  YAML::Node inputs = section.Take("inputs");
  if (inputs.IsDefined() && !inputs.IsSequence()) {
    section.Fail(inputs, "inputs must be a list");
  } else if (inputs.IsDefined()) {
    for (const YAML::Node& input : inputs) {
      TRY(ReadInput(input, config_dir, fs, &load->inputs.emplace_back()));
    }
  }
  if (!load->inputs.empty() && !load->command.empty()) {
    section.Fail(node, "give inputs for the built-in load or a load command, not both");
  }
  return section.Finish();
}

Result<LoopConfig::Source> ParseSource(std::string_view text) {
  if (text == "push") return LoopConfig::Source::kPush;
  if (text == "scrape") return LoopConfig::Source::kScrape;
  return InvalidArgument("\"{}\" is not push or scrape", text);
}

// The keys of a section that say which server.
void ReadServer(Section& section, const std::string& config_dir, LoopServer* server) {
  section.Read("server", &server->url);
  section.Read("tenant", &server->tenant);
  section.Read("token_file", &server->token_file);
  if (!server->token_file.empty()) server->token_file = Resolve(config_dir, server->token_file);
}

Status ReadProfiling(const YAML::Node& node, const std::string& config_dir,
                     LoopConfig::Profiling* profiling) {
  Section section(node, "profiling");
  section.ReadBy("source", ParseSource, &profiling->source);
  ReadServer(section, config_dir, &profiling->server);
  section.Read("profile_type", &profiling->profile_type);
  section.ReadBy("warm_up", ParseDuration, &profiling->warm_up_ns);
  section.ReadNumber("rounds", 1, 1000, &profiling->rounds);
  section.ReadBy("round", ParseDuration, &profiling->round_ns);
  section.ReadFlag("gogc_off", &profiling->gogc_off);
  section.Read("clean_up", &profiling->clean_up);
  if (profiling->server.url.empty() &&
      !(profiling->server.tenant.empty() && profiling->server.token_file.empty())) {
    section.Fail(node, "tenant and token_file are of use with a server only");
  }
  if (profiling->round_ns < 1'000'000'000) section.Fail(node["round"], "round must be at least 1s");
  return section.Finish();
}

Status ReadVerify(const YAML::Node& node, LoopConfig::Verify* verify) {
  Section section(node, "verify");
  section.Read("mode", &verify->mode);
  if (Result<VerifyMode> mode = ParseVerifyMode(verify->mode);
      !verify->mode.empty() && !mode.ok()) {
    section.Fail(node["mode"], mode.status().message());
  }
  section.Read("command", &verify->command);
  section.ReadBy("time", ParseDuration, &verify->time_ns);
  section.ReadNumber("layouts", 0, 64, &verify->layouts);
  section.Read("build", &verify->build);
  for (std::string_view part : {"{seed}", "{pgo}", "{out}"}) {
    if (verify->layouts > 0 && verify->build.find(part) == std::string::npos) {
      section.Fail(node, fmt::format("with layouts, build must contain {}", part));
    }
  }
  section.ReadNumber<uint64_t>("seed", 0, UINT64_MAX, &verify->seed);
  section.ReadBy("min_gain", ParsePercent, &verify->min_gain);
  section.ReadBy("max_regression", ParsePercent, &verify->max_regression);
  return section.Finish();
}

Status ReadPublish(const YAML::Node& node, const std::string& config_dir, LoopServer* publish) {
  Section section(node, "publish");
  ReadServer(section, config_dir, publish);
  return section.Finish();
}

Status ReadConfig(const YAML::Node& root, const std::string& config_dir, const Fs& fs,
                  LoopConfig* config) {
  if (!root.IsMap()) return InvalidArgument("the file must be a mapping of keys to values");
  Section section(root, "the config");
  std::string directory = ".", work_dir = ".anneal", artefact = "default.pgo";
  config->build = "go build -pgo={pgo} -o {out} .";
  section.Read("service", &config->service);
  section.Read("directory", &directory);
  section.Read("work_dir", &work_dir);
  section.Read("artefact", &artefact);
  section.Read("build", &config->build);
  section.Read("run", &config->run);
  section.Read("bench", &config->bench);
  section.Read("ca_file", &config->ca_file);
  section.ReadPairs("env", &config->env);
  TRY(ReadLoad(section.Take("load"), config_dir, fs, &config->load));
  TRY(ReadProfiling(section.Take("profiling"), config_dir, &config->profiling));
  TRY(ReadVerify(section.Take("verify"), &config->verify));
  TRY(ReadPublish(section.Take("publish"), config_dir, &config->publish));
  TRY(section.Finish());

  config->directory = Resolve(config_dir, directory);
  config->work_dir = Resolve(config->directory, work_dir);
  config->artefact = Resolve(config->directory, artefact);
  if (!config->ca_file.empty()) config->ca_file = Resolve(config_dir, config->ca_file);
  if (config->service.empty()) {
    return InvalidArgument("service is missing: the service_name under which profiles are kept");
  }
  if (config->run.empty() == config->bench.empty()) {
    return InvalidArgument(
        "give run (a service under load) or bench (a command that writes {{profile}}), one of "
        "them");
  }
  if (!config->run.empty() && config->load.inputs.empty() && config->load.command.empty()) {
    return InvalidArgument(
        "load needs inputs or a command: an idle service has nothing to profile");
  }
  bool idle = std::all_of(config->load.inputs.begin(), config->load.inputs.end(),
                          [](const LoopInput& input) { return input.weight <= 0; });
  if (!config->load.inputs.empty() && idle) return InvalidArgument("no input of load has a weight");
  // Programs are started without a shell: better said now than after the builds.
  bool shell_will_do = config->verify.mode == "command";
  for (const auto& [key, line] :
       {std::pair<std::string_view, std::string>("run", config->run),
        {"verify.command", shell_will_do ? "" : config->verify.command}}) {
    Result<Command> words = line.empty() ? Command() : ParseArmCommand(line);
    if (!words.ok()) return words.status().Annotate(key);
  }
  for (std::string_view part : {"{pgo}", "{out}"}) {
    if (config->build.find(part) == std::string::npos) {
      return InvalidArgument("build must contain {}: \"{}\"", part, config->build);
    }
  }
  if (!config->bench.empty() && config->bench.find("{profile}") == std::string::npos) {
    return InvalidArgument("bench must contain {{profile}}, the file to write: \"{}\"",
                           config->bench);
  }
  return Status();
}

}  // namespace

bool LoopPushes(const LoopConfig& config) {
  return !config.bench.empty() || config.profiling.source == LoopConfig::Source::kScrape;
}

Result<LoopConfig> ParseLoopConfig(std::string_view text, const std::string& config_dir,
                                   const Fs& fs) {
  LoopConfig config;
  try {
    TRY(ReadConfig(YAML::Load(std::string(text)), config_dir, fs, &config));
  } catch (const YAML::Exception& e) {
    return InvalidArgument("line {}: {}", e.mark.line + 1, e.msg);
  }
  return config;
}

}  // namespace anneal
