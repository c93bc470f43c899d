#include "profile/speedscope_file.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

namespace anneal {
namespace {

// Where in a file a value stands.
enum class At {
  kNowhere,
  kFile,
  kShared,
  kFrames,
  kFrame,
  kProfiles,
  kProfile,
  kSamples,
  kStack,
  kWeights,
  kEvents,
  kEvent,
  kOther,  // members that the format does not name
};

enum class Kind { kObject, kArray };

// Where the objects and arrays that matter begin. Members of arrays have no key.
struct Step {
  At from;
  std::string_view key;
  Kind kind;
  At to;
};
constexpr Step kSteps[] = {
    {At::kNowhere, "", Kind::kObject, At::kFile},
    {At::kFile, "shared", Kind::kObject, At::kShared},
    {At::kFile, "profiles", Kind::kArray, At::kProfiles},
    {At::kShared, "frames", Kind::kArray, At::kFrames},
    {At::kFrames, "", Kind::kObject, At::kFrame},
    {At::kProfiles, "", Kind::kObject, At::kProfile},
    {At::kProfile, "samples", Kind::kArray, At::kSamples},
    {At::kProfile, "weights", Kind::kArray, At::kWeights},
    {At::kProfile, "events", Kind::kArray, At::kEvents},
    {At::kSamples, "", Kind::kArray, At::kStack},
    {At::kEvents, "", Kind::kObject, At::kEvent},
};

// nlohmann's interface for events of its parser: false ends the parse.
class Reader {
 public:
  using json = nlohmann::json;
  explicit Reader(SpeedscopeFile& file) : file_(file) {}

  std::string error;

  bool start_object(size_t) { return Enter(Kind::kObject); }
  bool start_array(size_t) { return Enter(Kind::kArray); }
  bool end_object() { return Leave(); }
  bool end_array() { return Leave(); }
  bool key(std::string& text) {
    if (at_ != At::kOther) key_ = std::move(text);
    return true;
  }
  bool null() { return IsLoose() || Fail("a null where a value must be"); }
  bool boolean(bool) {
    return IsLoose() || Fail("a boolean where a value of another type must be");
  }
  bool number_integer(json::number_integer_t value) { return Number(static_cast<double>(value)); }
  bool number_unsigned(json::number_unsigned_t value) { return Number(static_cast<double>(value)); }
  bool number_float(json::number_float_t value, const std::string&) { return Number(value); }
  bool binary(json::binary_t&) { return false; }

  bool string(std::string& text) {
    switch (at_) {
      case At::kFile:
        if (key_ == "$schema") file_.schema = std::move(text);
        return true;
      case At::kFrame:
        if (key_ == "name") {
          has_name_ = true;
          file_.frames.back().name = std::move(text);
        } else if (key_ == "file") {
          file_.frames.back().file = std::move(text);
        }
        return true;
      case At::kProfile: {
        SpeedscopeFile::Entry& entry = file_.entries.back();
        if (key_ == "type") {
          entry.type = std::move(text);
        } else if (key_ == "name") {
          entry.name = std::move(text);
        } else if (key_ == "unit") {
          entry.unit = std::move(text);
        }
        return true;
      }
      case At::kEvent:
        if (key_ != "type") return true;
        if (text != "O" && text != "C")
          return Fail("an event that neither opens (O) nor closes (C)");
        has_type_ = true;
        file_.entries.back().events.back().opens = text == "O";
        return true;
      case At::kOther:
      case At::kShared:
        return true;
      default:
        return Fail("text where another value must be");
    }
  }

  bool parse_error(size_t position, const std::string&, const json::exception&) {
    if (error.empty()) error = fmt::format("no JSON at byte {}", position);
    return false;
  }

 private:
  bool Fail(std::string_view what) {
    error = what;
    return false;
  }
  // Where values of any kind may be skipped.
  bool IsLoose() const {
    return at_ == At::kOther || at_ == At::kFile || at_ == At::kShared || at_ == At::kFrame ||
           at_ == At::kProfile || at_ == At::kEvent;
  }

  bool Enter(Kind kind) {
    if (at_ == At::kOther) {
      ++skipped_depth_;
      return true;
    }
    At to = At::kOther;
    for (const Step& step : kSteps) {
      bool by_key = step.key.empty() || step.key == key_;
      if (step.from == at_ && step.kind == kind && by_key) to = step.to;
    }
    if (to == At::kOther && !IsLoose())
      return Fail("an object or array where another value must be");
    parents_.push_back(at_);
    at_ = to;
    skipped_depth_ = 0;
    if (to == At::kFrame) {
      file_.frames.emplace_back();
      has_name_ = false;
    } else if (to == At::kProfile) {
      file_.entries.emplace_back();
    } else if (to == At::kEvent) {
      file_.entries.back().events.emplace_back();
      has_type_ = has_at_ = has_frame_ = false;
    }
    return true;
  }

  bool Leave() {
    if (at_ == At::kOther && skipped_depth_ != 0) {
      --skipped_depth_;
      return true;
    }
    if (at_ == At::kFrame && !has_name_) return Fail("a frame without a name");
    if (at_ == At::kProfile && file_.entries.back().type.empty()) {
      return Fail("a profile without a type");
    }
    if (at_ == At::kEvent && !(has_type_ && has_at_ && has_frame_)) {
      return Fail("an event without type, at or frame");
    }
    if (at_ == At::kStack) {
      SpeedscopeFile::Entry& entry = file_.entries.back();
      entry.stack_ends.push_back(static_cast<uint32_t>(entry.stacks.size()));
    }
    at_ = parents_.back();
    parents_.pop_back();
    return true;
  }

  bool FrameIndex(double value, uint32_t& index) {
    if (!(value >= 0 && value < 4294967295.0) || value != std::floor(value)) {
      return Fail(fmt::format("{} as the index of a frame", value));
    }
    index = static_cast<uint32_t>(value);
    return true;
  }

  bool Number(double value) {
    uint32_t index = 0;
    switch (at_) {
      case At::kStack:
        if (!FrameIndex(value, index)) return false;
        file_.entries.back().stacks.push_back(index);
        return true;
      case At::kWeights:
        file_.entries.back().weights.push_back(value);
        return true;
      case At::kFrame:
        if (key_ == "line" && value >= 0 && value < 1e15) {
          file_.frames.back().line = static_cast<int64_t>(value);
        }
        return true;
      case At::kProfile:
        if (key_ == "endValue") file_.entries.back().end_value = value;
        return true;
      case At::kEvent:
        return EventNumber(value);
      case At::kFile:
      case At::kShared:
      case At::kOther:
        return true;
      default:
        return Fail("a number where another value must be");
    }
  }

  bool EventNumber(double value) {
    SpeedscopeFile::Event& event = file_.entries.back().events.back();
    if (key_ == "at") {
      has_at_ = true;
      event.at = value;
    } else if (key_ == "frame") {
      has_frame_ = true;
      return FrameIndex(value, event.frame);
    }
    return true;
  }

  SpeedscopeFile& file_;
  At at_ = At::kNowhere;
  std::vector<At> parents_;
  size_t skipped_depth_ = 0;  // objects and arrays open within the outermost that is skipped
  std::string key_;           // the last one read
  bool has_name_ = false;     // of the frame under way; the others of the event
  bool has_type_ = false, has_at_ = false, has_frame_ = false;
};

}  // namespace

Result<SpeedscopeFile> ReadSpeedscopeFile(std::string_view json) {
  SpeedscopeFile file;
  Reader reader(file);
  if (!nlohmann::json::sax_parse(json.begin(), json.end(), &reader)) {
    return InvalidArgument("speedscope: {}", reader.error.empty() ? "no JSON" : reader.error);
  }
  return file;
}

}  // namespace anneal
