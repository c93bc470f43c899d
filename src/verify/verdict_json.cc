#include "verify/verdict_json.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace anneal {
namespace {

using Json = nlohmann::ordered_json;

// Six decimals: finer than any measurement, coarser than the last bit in which the mathematical
// libraries of two machines may differ.
double Rounded(double value) { return std::round(value * 1e6) / 1e6; }

Json GroupsJson(const std::vector<GroupEstimate>& groups) {
  Json rows = Json::array();
  for (const GroupEstimate& group : groups) {
    rows.push_back(Json{{"name", group.name},
                        {"blocks", group.blocks},
                        {"candidate", RatioJson(group.candidate)},
                        {"control", RatioJson(group.control)}});
  }
  return rows;
}

Json AnalysisJson(const Analysis& a) {
  return Json{{"outcome", OutcomeName(a.outcome)},
              {"ruling", RulingName(a.ruling)},
              {"sentence", a.sentence},
              {"gain", Rounded(a.gain())},
              {"candidate", RatioJson(a.candidate)},
              {"control", RatioJson(a.control)},
              {"median_ratio", Rounded(a.median_ratio)},
              {"p_value", Rounded(a.p_value)},
              {"floor", Rounded(a.floor)},
              {"mde", Rounded(a.mde)},
              {"block_noise", Rounded(a.block_noise)},
              {"blocks", a.blocks},
              {"marked_blocks", a.marked_blocks},
              {"identical_binaries", a.identical_binaries},
              {"benchmarks", GroupsJson(a.benchmarks)},
              {"sessions", GroupsJson(a.sessions)},
              {"notes", a.notes}};
}

Json BlockJson(const Block& block) {
  Json order = Json::array();
  for (ArmId arm : block.order) order.push_back(static_cast<int>(arm));
  Json samples = Json::array();
  for (const std::vector<Sample>& by_arm : block.samples) {
    Json row = Json::array();
    for (const Sample& s : by_arm) row.push_back(Json::array({s.cpu_ns, s.units, s.wall_ns}));
    samples.push_back(std::move(row));
  }
  return Json{{"order", order}, {"steal_ppm", block.steal_ppm}, {"samples", samples}};
}

Json RunJson(const RunRecord& run) {
  Json arms = Json::array();
  for (const ArmFacts& arm : run.arms) {
    Json& row = arms.emplace_back(Json{{"command", arm.command},
                                       {"binary", arm.binary},
                                       {"sha256", arm.sha256},
                                       {"bytes", arm.binary_bytes}});
    if (!arm.build_id.empty()) row["build_id"] = arm.build_id;
  }
  Json machine = Json::object();
  for (const auto& [name, value] : run.machine) machine[name] = value;
  Json sessions = Json::array();
  for (const Session& session : run.sessions) {
    Json blocks = Json::array();
    for (const Block& block : session.blocks) blocks.push_back(BlockJson(block));
    Json& row = sessions.emplace_back(Json::object());
    row["layout_seed"] = session.layout_seed;
    // Fields that came later are written where they say something, so that a record of an older
    // version is written again as it was.
    if (session.control_layout_seed >= 0) {
      row["control_layout_seed"] = session.control_layout_seed;
    }
    row["wait_ns"] = session.wait_ns;
    row["blocks"] = std::move(blocks);
  }
  Json json = Json{{"mode", VerifyModeName(run.mode)},
                   {"seed", run.seed},
                   {"started_unix_ns", run.started_unix_ns},
                   {"elapsed_ns", run.elapsed_ns},
                   {"tool_version", run.tool_version},
                   {"unit", run.unit},
                   {"limits",
                    {{"min_gain", run.limits.min_gain},
                     {"require_gain", run.limits.require_gain},
                     {"max_regression", run.limits.max_regression}}},
                   {"arms", std::move(arms)}};
  if (!run.env.empty()) {
    Json& env = json["env"] = Json::object();
    for (const auto& [name, value] : run.env) env[name] = value;
  }
  json.update(Json{{"machine", std::move(machine)},
                   {"notes", run.notes},
                   {"other_load_cpus", Rounded(run.other_load_cpus)},
                   {"benchmarks", run.benchmarks},
                   {"sessions", std::move(sessions)}});
  return json;
}

// Bytes that are not UTF-8 (a command line may hold any) become U+FFFD.
std::string Line(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool IsScalarRow(const Json& value) {
  for (const Json& item : value) {
    if (item.is_structured() && !item.is_array()) return false;
    if (item.is_array() && !IsScalarRow(item)) return false;
    if (item.is_string() && item.get_ref<const std::string&>().size() > 60) return false;
  }
  return value.size() <= 12 || value.is_array();
}

// Indented, but with rows of numbers and small objects on one line: a block stays one line.
void Print(const Json& value, size_t depth, std::string& out) {
  std::string indent(depth * 2 + 2, ' ');
  if (!value.is_structured() || value.empty()) {
    out += Line(value);
  } else if (IsScalarRow(value)) {
    out += Line(value);
  } else {
    out += value.is_array() ? "[" : "{";
    bool first = true;
    for (const auto& item : value.items()) {
      out += first ? "\n" : ",\n";
      first = false;
      out += indent;
      if (value.is_object()) out += Line(Json(item.key())) + ": ";
      Print(item.value(), depth + 1, out);
    }
    out += "\n" + std::string(depth * 2, ' ') + (value.is_array() ? "]" : "}");
  }
}

Sample ReadSample(const Json& json) {
  return {json.at(0).get<int64_t>(), json.at(1).get<int64_t>(), json.at(2).get<int64_t>()};
}

Block ReadBlock(const Json& json) {
  Block block;
  block.steal_ppm = json.at("steal_ppm").get<int64_t>();
  for (const Json& arm : json.at("order")) {
    int index = arm.get<int>();
    if (index < 0 || index >= kArmCount) throw std::out_of_range("order names no arm");
    block.order.push_back(static_cast<ArmId>(index));
  }
  for (const Json& row : json.at("samples")) {
    std::vector<Sample>& by_arm = block.samples.emplace_back();
    for (const Json& sample : row) by_arm.push_back(ReadSample(sample));
  }
  return block;
}

RunRecord ReadRun(const Json& json) {
  RunRecord run;
  Result<VerifyMode> mode = ParseVerifyMode(json.at("mode").get<std::string>());
  if (!mode.ok()) throw std::out_of_range(mode.status().message());
  run.mode = *mode;
  run.seed = json.at("seed").get<uint64_t>();
  run.started_unix_ns = json.at("started_unix_ns").get<int64_t>();
  run.elapsed_ns = json.at("elapsed_ns").get<int64_t>();
  run.tool_version = json.at("tool_version").get<std::string>();
  run.unit = json.at("unit").get<std::string>();
  const Json& limits = json.at("limits");
  run.limits.min_gain = limits.at("min_gain").get<double>();
  run.limits.require_gain = limits.at("require_gain").get<bool>();
  run.limits.max_regression = limits.at("max_regression").get<double>();
  for (const Json& arm : json.at("arms")) {
    run.arms.push_back({arm.at("command").get<std::string>(), arm.at("binary").get<std::string>(),
                        arm.at("sha256").get<std::string>(), arm.at("bytes").get<int64_t>(),
                        arm.value("build_id", std::string())});
  }
  const Json env = json.value("env", Json::object());
  for (const auto& item : env.items()) {
    run.env.emplace_back(item.key(), item.value().get<std::string>());
  }
  for (const auto& item : json.at("machine").items()) {
    run.machine.emplace_back(item.key(), item.value().get<std::string>());
  }
  run.notes = json.at("notes").get<std::vector<std::string>>();
  run.other_load_cpus = json.at("other_load_cpus").get<double>();
  run.benchmarks = json.at("benchmarks").get<std::vector<std::string>>();
  for (const Json& item : json.at("sessions")) {
    Session& session = run.sessions.emplace_back();
    session.layout_seed = item.at("layout_seed").get<int64_t>();
    session.control_layout_seed = item.value("control_layout_seed", int64_t{-1});
    session.wait_ns = item.at("wait_ns").get<std::vector<int64_t>>();
    for (const Json& block : item.at("blocks")) session.blocks.push_back(ReadBlock(block));
  }
  return run;
}

}  // namespace

nlohmann::ordered_json RatioJson(const RatioEstimate& e) {
  return {{"ratio", Rounded(e.ratio)}, {"low", Rounded(e.low)}, {"high", Rounded(e.high)}};
}

std::string EncodeVerdict(const Verdict& verdict) {
  Json document = {{"format", "anneal-verdict"},
                   {"version", kVerdictVersion},
                   {"analysis", AnalysisJson(verdict.analysis)},
                   {"run", RunJson(verdict.run)}};
  std::string out;
  Print(document, 0, out);
  out += '\n';
  return out;
}

Result<RunRecord> DecodeRunRecord(std::string_view json) {
  try {
    const Json document = Json::parse(json, nullptr, false);
    if (document.is_discarded()) {
      return InvalidArgument("no JSON: give a file that anneal verify --json wrote");
    }
    if (!document.is_object() || document.value("format", "") != "anneal-verdict") {
      return InvalidArgument("not a verdict: \"format\" is not \"anneal-verdict\"");
    }
    if (int version = document.at("version").get<int>(); version != kVerdictVersion) {
      return Error(Code::kUnimplemented,
                   "verdict of version {}; this program reads version {}: use a newer one", version,
                   kVerdictVersion);
    }
    return ReadRun(document.at("run"));
  } catch (const std::exception& e) {
    return InvalidArgument("bad verdict: {}", e.what());
  }
}

}  // namespace anneal
