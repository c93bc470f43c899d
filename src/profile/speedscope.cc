#include "profile/speedscope.h"

#include <absl/container/flat_hash_map.h>

#include <cmath>
#include <limits>

#include "base/wrapping.h"
#include "profile/named_stacks.h"
#include "profile/speedscope_file.h"

namespace anneal {
namespace {

constexpr std::string_view kSchema = "https://www.speedscope.app/file-format-schema.json";

struct Unit {
  std::string_view name;
  SpeedscopeUnit unit;
  double scale;  // to counts, nanoseconds or bytes
};
constexpr Unit kUnits[] = {
    {"none", SpeedscopeUnit::kNone, 1},           {"nanoseconds", SpeedscopeUnit::kTime, 1},
    {"microseconds", SpeedscopeUnit::kTime, 1e3}, {"milliseconds", SpeedscopeUnit::kTime, 1e6},
    {"seconds", SpeedscopeUnit::kTime, 1e9},      {"bytes", SpeedscopeUnit::kBytes, 1},
};

Result<Unit> UnitOf(std::string_view name) {
  for (const Unit& unit : kUnits) {
    if (unit.name == name || (name.empty() && unit.name == "none")) return unit;
  }
  return InvalidArgument("unit `{}` is not known", name.substr(0, 64));
}

// Rounded, and kept within what a value can hold.
int64_t Scaled(double value, double scale) {
  double scaled = std::round(value * scale);
  if (std::isnan(scaled)) return 0;
  constexpr double kLimit = 9.2e18;
  return static_cast<int64_t>(std::min(kLimit, std::max(-kLimit, scaled)));
}

// Writes the stacks of one entry out, within what is left of all entries' bytes.
class EntryDecoder {
 public:
  EntryDecoder(const SpeedscopeFile& file, const SpeedscopeFile::Entry& entry, const Unit& unit,
               const DecodeLimits& limits, size_t& bytes)
      : file_(file), entry_(entry), unit_(unit), limits_(limits), bytes_(bytes), stacks_(Types()) {}

  Result<Profile> Run() {
    if (entry_.type == "sampled") {
      TRY(AddSamples());
    } else if (entry_.type == "evented") {
      TRY(AddEvents());
    } else {
      return InvalidArgument("type `{}` is neither sampled nor evented",
                             std::string_view(entry_.type).substr(0, 64));
    }
    return stacks_.Finish();
  }

 private:
  NamedStacks Types() const {
    switch (unit_.unit) {
      case SpeedscopeUnit::kTime:
        return NamedStacks("time", "nanoseconds");
      case SpeedscopeUnit::kBytes:
        return NamedStacks("space", "bytes");
      case SpeedscopeUnit::kNone:
        break;
    }
    return NamedStacks("samples", "count");
  }

  // REQUIRES: the index is one of a frame.
  LocationId Location(uint32_t frame) {
    auto [it, is_new] = locations_.try_emplace(frame);
    if (is_new) {
      const SpeedscopeFile::Frame& f = file_.frames[frame];
      it->second = stacks_.Frame(f.name, f.file, f.line);
    }
    return it->second;
  }

  // `frames`: root first, indices checked.
  Status AddStack(std::span<const uint32_t> frames, int64_t value) {
    frames = frames.first(std::min(frames.size(), limits_.max_stack_depth));
    bytes_ += (frames.size() + 1) * sizeof(LocationId);
    if (bytes_ > limits_.max_bytes) {
      return Error(Code::kResourceExhausted,
                   "the stacks, written out, take {} bytes and more; {} are allowed", bytes_,
                   limits_.max_bytes);
    }
    if (++samples_ > limits_.max_samples) {
      return Error(Code::kResourceExhausted, "more than {} samples", limits_.max_samples);
    }
    for (size_t i = frames.size(); i-- > 0;) stacks_.Push(Location(frames[i]));
    stacks_.EndStack(value);
    return {};
  }

  Status CheckFrame(uint32_t frame, std::string_view what, size_t position) const {
    if (frame < file_.frames.size()) return {};
    return InvalidArgument("{} {} names frame {} of {}", what, position, frame,
                           file_.frames.size());
  }

  Status AddSamples() {
    if (entry_.weights.size() != entry_.stack_ends.size()) {
      return InvalidArgument("{} samples, but {} weights", entry_.stack_ends.size(),
                             entry_.weights.size());
    }
    uint32_t begin = 0;
    for (size_t i = 0; i < entry_.stack_ends.size(); ++i) {
      uint32_t end = entry_.stack_ends[i];
      std::span<const uint32_t> frames = std::span(entry_.stacks).subspan(begin, end - begin);
      for (uint32_t frame : frames) TRY(CheckFrame(frame, "sample", i));
      TRY(AddStack(frames, Scaled(entry_.weights[i], unit_.scale)));
      begin = end;
    }
    return {};
  }

  Status AddEvents() {
    std::vector<uint32_t> open;
    double last = -std::numeric_limits<double>::infinity();
    auto advance = [&](double at) -> Status {
      // Whole units apart, so that the parts sum to the whole.
      int64_t value =
          open.empty() ? 0 : WrappingSubtract(Scaled(at, unit_.scale), Scaled(last, unit_.scale));
      last = at;
      return value == 0 ? Status() : AddStack(open, value);
    };
    for (size_t i = 0; i < entry_.events.size(); ++i) {
      const SpeedscopeFile::Event& event = entry_.events[i];
      TRY(CheckFrame(event.frame, "event", i));
      if (!(event.at >= last)) {
        return InvalidArgument("event {} is at {}, before the one before it", i, event.at);
      }
      TRY(advance(event.at));
      if (event.opens) {
        open.push_back(event.frame);
      } else if (open.empty() || open.back() != event.frame) {
        return InvalidArgument("event {} closes frame {}, which is not the last one opened", i,
                               event.frame);
      } else {
        open.pop_back();
      }
    }
    return open.empty() ? Status() : advance(std::max(last, entry_.end_value));
  }

  const SpeedscopeFile& file_;
  const SpeedscopeFile::Entry& entry_;
  const Unit unit_;
  const DecodeLimits& limits_;
  size_t& bytes_;
  size_t samples_ = 0;
  NamedStacks stacks_;
  absl::flat_hash_map<uint32_t, LocationId> locations_;  // by frame
};

}  // namespace

Result<std::vector<SpeedscopeProfile>> DecodeSpeedscope(std::string_view json,
                                                        const DecodeLimits& limits) {
  if (json.size() > limits.max_bytes) {
    return Error(Code::kResourceExhausted, "speedscope: {} bytes; {} are allowed", json.size(),
                 limits.max_bytes);
  }
  ASSIGN_OR_RETURN(SpeedscopeFile file, ReadSpeedscopeFile(json));
  if (file.schema != kSchema) {
    return InvalidArgument("speedscope: $schema is `{}`; expected `{}`",
                           std::string_view(file.schema).substr(0, 200), kSchema);
  }
  if (file.entries.empty()) return InvalidArgument("speedscope: the file has no profiles");
  std::vector<SpeedscopeProfile> out;
  size_t bytes = 0;
  for (size_t i = 0; i < file.entries.size(); ++i) {
    SpeedscopeFile::Entry& entry = file.entries[i];
    Result<Unit> unit = UnitOf(entry.unit);
    Result<Profile> profile = unit.ok() ? EntryDecoder(file, entry, *unit, limits, bytes).Run()
                                        : Result<Profile>(unit.status());
    if (!profile.ok()) return profile.status().Annotate(fmt::format("speedscope: profile {}", i));
    out.push_back({std::move(entry.name), unit->unit, *std::move(profile)});
  }
  return out;
}

}  // namespace anneal
