#include "cli/view_files.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "api/page_json.h"
#include "base/wrapping.h"
#include "cli/named_file.h"
#include "profile/call_tree.h"
#include "profile/compress.h"
#include "profile/folded.h"
#include "profile/pprof.h"

namespace anneal {
namespace {

// As many as the server gives by default.
constexpr size_t kMaxNodes = size_t{1} << 20;
constexpr size_t kFunctionsWithLines = 50;

Result<Profile> DecodeAny(std::string_view bytes) {
  if (bytes.empty()) return InvalidArgument("it is empty; a pprof profile is expected");
  Result<Profile> pprof = DecodePprof(bytes);
  if (pprof.ok() || IsGzip(bytes)) return pprof;
  Result<Profile> folded = DecodeFolded(bytes);
  if (folded.ok() && folded->SampleCount() > 0) return folded;
  return pprof.status().Annotate("it is neither pprof nor folded stacks");
}

Result<ViewFile> ReadOne(const std::string& file, CliContext& context) {
  const std::string shown = file == "-" ? "standard input" : file;
  Result<std::string> bytes = ReadInput(context, file);
  if (!bytes.ok()) return bytes.status();
  Result<Profile> profile = DecodeAny(*bytes);
  if (!profile.ok()) return profile.status().Annotate(shown);
  if (profile->sample_types.empty() || profile->SampleCount() == 0) {
    return InvalidArgument("{}: the profile has no samples; was the program busy?", shown);
  }
  if (profile->time_ns <= 0) profile->time_ns = context.clock.NowNs();
  std::string name = std::filesystem::path(shown).filename().string();
  return ViewFile{.name = std::move(name), .profile = *std::move(profile)};
}

std::string_view UnitText(const Profile& p, const ValueType& type) { return p.Text(type.unit); }

std::vector<uint32_t> HeaviestFrames(const CallTree& tree) {
  std::vector<int64_t> self(tree.frames.size(), 0);
  for (size_t i = 1; i < tree.nodes.size(); ++i) {
    int64_t& sum = self[tree.nodes[i].frame];
    sum = WrappingAdd(sum, std::max(tree.nodes[i].self, tree.nodes[i].base_self));
  }
  std::vector<uint32_t> frames;
  for (uint32_t f = 0; f < tree.frames.size(); ++f) {
    if (tree.frames[f].kind != FrameKind::kFolded && self[f] > 0) frames.push_back(f);
  }
  std::stable_sort(frames.begin(), frames.end(),
                   [&](uint32_t a, uint32_t b) { return self[a] > self[b]; });
  frames.resize(std::min(frames.size(), kFunctionsWithLines));
  return frames;
}

}  // namespace

Result<ViewFiles> ReadViewFiles(const std::string& file, const std::string& base,
                                CliContext& context) {
  if (file == "-" && base == "-") {
    return InvalidArgument("standard input holds one profile, not both");
  }
  ViewFiles files;
  ASSIGN_OR_RETURN(files.main, ReadOne(file, context));
  if (base.empty()) return files;
  ASSIGN_OR_RETURN(files.base, ReadOne(base, context));
  if (files.main.name == files.base->name) {
    files.main.name = file;
    files.base->name = base == file ? base + " (again)" : base;
  }
  return files;
}

size_t FirstColumn(const Profile& profile) {
  int cpu = profile.FindSampleType("cpu", "nanoseconds");
  if (cpu >= 0) return static_cast<size_t>(cpu);
  for (size_t i = 0; i < profile.sample_types.size(); ++i) {
    if (profile.default_sample_type != StringId::kEmpty &&
        profile.Text(profile.sample_types[i].type) == profile.Text(profile.default_sample_type)) {
      return i;
    }
  }
  return profile.sample_types.size() - 1;
}

Result<size_t> SameColumn(const Profile& profile, size_t column, const ViewFile& other) {
  const ValueType& type = profile.sample_types[column];
  int found = other.profile.FindSampleType(profile.Text(type.type), UnitText(profile, type));
  if (found >= 0) return static_cast<size_t>(found);
  return InvalidArgument("{} has no {} in {}, so the two cannot be compared", other.name,
                         profile.Text(type.type), UnitText(profile, type));
}

Result<std::string> ViewData(const ViewFiles& files, const std::string& state) {
  const Profile& profile = files.main.profile;
  const size_t column = FirstColumn(profile);
  const Profile* base = files.base ? &files.base->profile : nullptr;
  size_t base_column = 0;
  if (base != nullptr) {
    ASSIGN_OR_RETURN(base_column, SameColumn(profile, column, *files.base));
  }
  CallTree tree = CallTree::Build(profile, column, base, base_column);
  tree.Fold(kMaxNodes);
  const ValueType& type = profile.sample_types[column];
  const Sides sides = base == nullptr ? Sides::kOne : Sides::kTwo;
  std::string out = "{\"title\":";
  AppendJsonString(
      out, base == nullptr ? files.main.name : files.main.name + " against " + files.base->name);
  out += ",\"state\":";
  AppendJsonString(out, state);
  out += ",\"tree\":";
  out += EncodeTreeJson(tree,
                        {.sample_type = std::string(profile.Text(type.type)),
                         .unit = std::string(profile.Text(type.unit)),
                         .period = profile.period,
                         .profiles = 1,
                         .base_profiles = 1},
                        sides);
  out += ",\"lines\":{";
  std::set<std::string_view> written;  // functions of equal name share an entry
  for (uint32_t frame : HeaviestFrames(tree)) {
    const std::string& name = tree.strings[tree.frames[frame].name];
    LineTotals lines = LinesOf(name, profile, column, base, base_column);
    if (lines.lines.empty() || !written.insert(name).second) continue;
    if (written.size() > 1) out += ',';
    AppendJsonString(out, name);
    out += ':';
    out += EncodeLinesJson(lines, sides);
  }
  out += "}}";
  return out;
}

}  // namespace anneal
