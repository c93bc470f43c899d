// Decoding in two walks. The first notes where each top-level field lies: samples come before the
// tables they refer to, and the notes give every column its size. The second decodes tables first,
// so that each reference is checked, and turned into a position, at the byte where it stands.
#include <cstring>
#include <initializer_list>

#include "profile/compress.h"
#include "profile/id_index.h"
#include "profile/pprof.h"
#include "profile/utf8.h"
#include "profile/wire_reader.h"

namespace anneal {
namespace {

// The largest message: offsets and string ends are 32-bit.
constexpr size_t kMaxMessageBytes = 0xffffffffu;

using Spans = std::vector<std::string_view>;

class PprofDecoder {
 public:
  PprofDecoder(std::string_view message, const DecodeLimits& limits)
      : message_(message), limits_(limits) {}

  Result<Profile> Run() {
    if (NoteFields() && DecodeStrings() && DecodeHeader() && DecodeMappings() &&
        DecodeFunctions() && DecodeLocations() && DecodeSamples()) {
      return std::move(out_);
    }
    return error_;
  }

 private:
  // What is being decoded, for messages: "sample 12".
  struct Where {
    std::string_view entity;
    size_t position;
  };
  struct Scalar {
    uint64_t value = 0;
    const char* start = nullptr;
  };

  template <typename... Args>
  [[gnu::cold]] bool Fail(const char* at, Where where, fmt::format_string<Args...> format,
                          Args&&... args) {
    std::string what = fmt::format(format, std::forward<Args>(args)...);
    std::string entity = where.entity == "profile"
                             ? std::string(where.entity)
                             : fmt::format("{} {}", where.entity, where.position);
    error_ = InvalidArgument("pprof: {}: {} (byte {})", entity, what, at - message_.data());
    return false;
  }
  [[gnu::cold]] bool FailWire(const WireReader& reader, Where where) {
    return Fail(reader.position(), where, "{}", WireErrorText(reader.error()));
  }
  [[gnu::cold]] bool FailType(const WireField& field, Where where, std::string_view name) {
    return Fail(field.start, where, "{}: wire type {} does not fit the field", name,
                static_cast<int>(field.type));
  }
  [[gnu::cold]] bool FailLimit(std::string_view what, size_t limit) {
    error_ = Error(Code::kResourceExhausted, "pprof: {} (limit {})", what, limit);
    return false;
  }

  // The value of a varint field.
  bool Number(const WireField& field, Where where, std::string_view name, uint64_t& out) {
    if (field.type != WireType::kVarint) return FailType(field, where, name);
    out = field.value;
    return true;
  }
  template <typename T>
  bool Int(const WireField& field, Where where, std::string_view name, T& out) {
    if (field.type != WireType::kVarint) return FailType(field, where, name);
    out = static_cast<T>(field.value);
    return true;
  }
  bool Bool(const WireField& field, Where where, std::string_view name, bool& out) {
    if (field.type != WireType::kVarint) return FailType(field, where, name);
    out = field.value != 0;
    return true;
  }
  bool CheckString(const char* at, Where where, std::string_view name, uint64_t index,
                   StringId& out) {
    if (index >= out_.strings.size()) [[unlikely]] {
      return Fail(at, where, "{}: string {} of a table of {}", name, static_cast<int64_t>(index),
                  out_.strings.size());
    }
    out = static_cast<StringId>(index);
    return true;
  }
  bool String(const WireField& field, Where where, std::string_view name, StringId& out) {
    if (field.type != WireType::kVarint) return FailType(field, where, name);
    return CheckString(field.start, where, name, field.value, out);
  }
  // Calls `each(value, at)` for a repeated number, packed or not.
  template <typename Each>
  bool Repeated(const WireField& field, Where where, std::string_view name, Each&& each) {
    if (field.type == WireType::kVarint) return each(field.value, field.start);
    if (field.type != WireType::kBytes) return FailType(field, where, name);
    WireReader packed(field.bytes);
    while (!packed.AtEnd()) {
      const char* at = packed.position();
      uint64_t value;
      if (!packed.ReadVarint(value)) return FailWire(packed, where);
      if (!each(value, at)) return false;
    }
    return true;
  }
  // Calls `each(field)` for every field of a message.
  template <typename Each>
  bool Fields(std::string_view message, Where where, Each&& each) {
    WireReader reader(message);
    WireField field;
    while (!reader.AtEnd()) {
      if (!reader.ReadField(field)) return FailWire(reader, where);
      if (!each(field)) return false;
    }
    return true;
  }

  bool NoteFields();
  bool NoteScalar(const WireField& field);
  bool DecodeStrings();
  bool DecodeHeader();
  bool DecodeValueType(std::string_view message, Where where, ValueType& out);
  bool DecodeMappings();
  bool DecodeFunctions();
  bool DecodeLocations();
  bool DecodeLine(std::string_view message, Where where);
  bool DecodeSamples();
  bool DecodeSample(std::string_view message, Where where);
  bool DecodeLabel(std::string_view message, Where where);
  bool AddId(IdIndex& ids, uint64_t id, const char* at, Where where);

  std::string_view message_;
  const DecodeLimits& limits_;
  Status error_;
  Profile out_;

  Spans sample_types_, samples_, mappings_, locations_, functions_, strings_, period_types_;
  std::vector<Scalar> comments_;
  Scalar drop_frames_, keep_frames_, default_sample_type_, doc_url_;
  IdIndex mapping_ids_, function_ids_, location_ids_;
};

bool PprofDecoder::NoteFields() {
  static constexpr Where kProfile{"profile", 0};
  static constexpr std::string_view kNames[] = {"",         "sample_type", "sample",      "mapping",
                                                "location", "function",    "string_table"};
  return Fields(message_, kProfile, [&](const WireField& field) {
    Spans* spans = nullptr;
    switch (field.number) {
      case 1:
        spans = &sample_types_;
        break;
      case 2:
        spans = &samples_;
        break;
      case 3:
        spans = &mappings_;
        break;
      case 4:
        spans = &locations_;
        break;
      case 5:
        spans = &functions_;
        break;
      case 6:
        spans = &strings_;
        break;
      default:
        return NoteScalar(field);
    }
    if (field.type != WireType::kBytes) return FailType(field, kProfile, kNames[field.number]);
    spans->push_back(field.bytes);
    return true;
  });
}

// The fields that occur once; of a repeated scalar the last counts, as in all of protobuf.
bool PprofDecoder::NoteScalar(const WireField& field) {
  static constexpr Where kProfile{"profile", 0};
  auto reference = [&](std::string_view name, Scalar& out) {
    out.start = field.start;
    return Number(field, kProfile, name, out.value);
  };
  switch (field.number) {
    case 7:
      return reference("drop_frames", drop_frames_);
    case 8:
      return reference("keep_frames", keep_frames_);
    case 9:
      return Int(field, kProfile, "time_nanos", out_.time_ns);
    case 10:
      return Int(field, kProfile, "duration_nanos", out_.duration_ns);
    case 11:
      if (field.type != WireType::kBytes) return FailType(field, kProfile, "period_type");
      period_types_.push_back(field.bytes);
      return true;
    case 12:
      return Int(field, kProfile, "period", out_.period);
    case 13:
      return Repeated(field, kProfile, "comment", [&](uint64_t value, const char* at) {
        comments_.push_back({value, at});
        return true;
      });
    case 14:
      return reference("default_sample_type", default_sample_type_);
    case 15:
      return reference("doc_url", doc_url_);
    default:
      return true;
  }
}

bool PprofDecoder::DecodeStrings() {
  size_t bytes = 0;
  for (std::string_view s : strings_) bytes += s.size();
  out_.strings.Reserve(strings_.size() + 1, bytes);
  for (size_t i = 0; i < strings_.size(); ++i) {
    if (i > 0) {
      out_.strings.Append(strings_[i]);
    } else if (!strings_[0].empty()) {
      return Fail(strings_[0].data(), {"string_table", 0}, "string 0 is not empty");
    }
  }
  if (IsAscii(out_.strings.AllBytes())) return true;
  for (size_t i = 0; i < strings_.size(); ++i) {
    size_t valid = ValidUtf8Prefix(strings_[i]);
    if (valid != strings_[i].size()) {
      return Fail(strings_[i].data() + valid, {"string_table", i}, "not UTF-8");
    }
  }
  return true;
}

bool PprofDecoder::DecodeHeader() {
  static constexpr Where kProfile{"profile", 0};
  out_.sample_types.resize(sample_types_.size());
  for (size_t i = 0; i < sample_types_.size(); ++i) {
    if (!DecodeValueType(sample_types_[i], {"sample_type", i}, out_.sample_types[i])) return false;
  }
  for (std::string_view part : period_types_) {  // parts of one message: they merge
    if (!DecodeValueType(part, {"period_type", 0}, out_.period_type)) return false;
  }
  for (const Scalar& comment : comments_) {
    StringId id;
    if (!CheckString(comment.start, kProfile, "comment", comment.value, id)) return false;
    out_.comments.push_back(id);
  }
  auto resolve = [&](std::string_view name, const Scalar& scalar, StringId& id) {
    return CheckString(scalar.start, kProfile, name, scalar.value, id);
  };
  return resolve("drop_frames", drop_frames_, out_.drop_frames) &&
         resolve("keep_frames", keep_frames_, out_.keep_frames) &&
         resolve("default_sample_type", default_sample_type_, out_.default_sample_type) &&
         resolve("doc_url", doc_url_, out_.doc_url);
}

bool PprofDecoder::DecodeValueType(std::string_view message, Where where, ValueType& out) {
  return Fields(message, where, [&](const WireField& field) {
    switch (field.number) {
      case 1:
        return String(field, where, "type", out.type);
      case 2:
        return String(field, where, "unit", out.unit);
      default:
        return true;
    }
  });
}

bool PprofDecoder::AddId(IdIndex& ids, uint64_t id, const char* at, Where where) {
  if (id == 0) [[unlikely]]
    return Fail(at, where, "id is 0 or missing");
  if (!ids.Add(id)) [[unlikely]]
    return Fail(at, where, "id {} is used twice", id);
  return true;
}

bool PprofDecoder::DecodeMappings() {
  out_.mappings.resize(mappings_.size());
  for (size_t i = 0; i < mappings_.size(); ++i) {
    Where where{"mapping", i};
    Mapping& m = out_.mappings[i];
    uint64_t id = 0;
    bool ok = Fields(mappings_[i], where, [&](const WireField& field) {
      switch (field.number) {
        case 1:
          return Number(field, where, "id", id);
        case 2:
          return Int(field, where, "memory_start", m.start);
        case 3:
          return Int(field, where, "memory_limit", m.limit);
        case 4:
          return Int(field, where, "file_offset", m.offset);
        case 5:
          return String(field, where, "filename", m.file);
        case 6:
          return String(field, where, "build_id", m.build_id);
        case 7:
          return Bool(field, where, "has_functions", m.has_functions);
        case 8:
          return Bool(field, where, "has_filenames", m.has_filenames);
        case 9:
          return Bool(field, where, "has_line_numbers", m.has_line_numbers);
        case 10:
          return Bool(field, where, "has_inline_frames", m.has_inline_frames);
        default:
          return true;
      }
    });
    if (!ok || !AddId(mapping_ids_, id, mappings_[i].data(), where)) return false;
  }
  return true;
}

bool PprofDecoder::DecodeFunctions() {
  out_.functions.resize(functions_.size());
  for (size_t i = 0; i < functions_.size(); ++i) {
    Where where{"function", i};
    Function& f = out_.functions[i];
    uint64_t id = 0;
    bool ok = Fields(functions_[i], where, [&](const WireField& field) {
      switch (field.number) {
        case 1:
          return Number(field, where, "id", id);
        case 2:
          return String(field, where, "name", f.name);
        case 3:
          return String(field, where, "system_name", f.system_name);
        case 4:
          return String(field, where, "filename", f.file);
        case 5:
          return Int(field, where, "start_line", f.start_line);
        default:
          return true;
      }
    });
    if (!ok || !AddId(function_ids_, id, functions_[i].data(), where)) return false;
  }
  return true;
}

bool PprofDecoder::DecodeLocations() {
  out_.locations.resize(locations_.size());
  out_.lines.reserve(locations_.size() + locations_.size() / 2);
  for (size_t i = 0; i < locations_.size(); ++i) {
    Where where{"location", i};
    Location& l = out_.locations[i];
    uint64_t id = 0;
    l.lines_begin = static_cast<uint32_t>(out_.lines.size());
    bool ok = Fields(locations_[i], where, [&](const WireField& field) {
      switch (field.number) {
        case 1:
          return Number(field, where, "id", id);
        case 2: {
          uint64_t mapping = 0;
          if (!Number(field, where, "mapping_id", mapping)) return false;
          uint32_t position = mapping_ids_.Find(mapping);
          if (mapping != 0 && position == IdIndex::kMissing) {
            return Fail(field.start, where, "mapping_id: no mapping has id {}", mapping);
          }
          l.mapping = mapping == 0 ? MappingId::kNone : static_cast<MappingId>(position);
          return true;
        }
        case 3:
          return Int(field, where, "address", l.address);
        case 4:
          if (field.type != WireType::kBytes) return FailType(field, where, "line");
          return DecodeLine(field.bytes, where);
        case 5:
          return Bool(field, where, "is_folded", l.is_folded);
        default:
          return true;
      }
    });
    if (!ok || !AddId(location_ids_, id, locations_[i].data(), where)) return false;
    l.lines_end = static_cast<uint32_t>(out_.lines.size());
  }
  return true;
}

bool PprofDecoder::DecodeLine(std::string_view message, Where where) {
  Line line;
  uint64_t function = 0;
  const char* at = message.data();
  bool ok = Fields(message, where, [&](const WireField& field) {
    switch (field.number) {
      case 1:
        at = field.start;
        return Number(field, where, "line.function_id", function);
      case 2:
        return Int(field, where, "line.line", line.line);
      case 3:
        return Int(field, where, "line.column", line.column);
      default:
        return true;
    }
  });
  if (!ok) return false;
  uint32_t position = function_ids_.Find(function);
  if (position == IdIndex::kMissing) [[unlikely]] {
    if (function == 0) return Fail(at, where, "line.function_id is 0 or missing");
    return Fail(at, where, "line.function_id: no function has id {}", function);
  }
  line.function = static_cast<FunctionId>(position);
  out_.lines.push_back(line);
  return true;
}

bool PprofDecoder::DecodeSamples() {
  if (samples_.size() > limits_.max_samples) {
    return FailLimit(fmt::format("{} samples are too many", samples_.size()), limits_.max_samples);
  }
  if (!samples_.empty() && sample_types_.empty()) {
    return Fail(samples_[0].data(), {"profile", 0}, "samples, but no sample_type");
  }
  out_.stack_ends.reserve(samples_.size());
  out_.sample_values.reserve(std::min(samples_.size() * sample_types_.size(), message_.size()));
  size_t bytes = 0;
  for (std::string_view s : samples_) bytes += s.size();
  out_.sample_locations.reserve(bytes * 2 / 3);
  for (size_t i = 0; i < samples_.size(); ++i) {
    if (!DecodeSample(samples_[i], {"sample", i})) return false;
    out_.stack_ends.push_back(static_cast<uint32_t>(out_.sample_locations.size()));
    // Bounds of labels are kept from the first sample on that has any.
    if (!out_.labels.empty()) {
      if (out_.label_ends.empty()) {
        out_.label_ends.reserve(samples_.size());
        out_.label_ends.resize(i, 0);
      }
      out_.label_ends.push_back(static_cast<uint32_t>(out_.labels.size()));
    }
  }
  return true;
}

bool PprofDecoder::DecodeSample(std::string_view message, Where where) {
  size_t first_location = out_.sample_locations.size();
  size_t first_value = out_.sample_values.size();
  bool ok = Fields(message, where, [&](const WireField& field) {
    switch (field.number) {
      case 1:
        return Repeated(field, where, "location_id", [&](uint64_t id, const char* at) {
          uint32_t position = location_ids_.Find(id);
          if (position == IdIndex::kMissing) [[unlikely]] {
            if (id == 0) return Fail(at, where, "location_id is 0");
            return Fail(at, where, "location_id: no location has id {}", id);
          }
          out_.sample_locations.push_back(static_cast<LocationId>(position));
          return true;
        });
      case 2:
        return Repeated(field, where, "value", [&](uint64_t value, const char*) {
          out_.sample_values.push_back(static_cast<int64_t>(value));
          return true;
        });
      case 3:
        if (field.type != WireType::kBytes) return FailType(field, where, "label");
        return DecodeLabel(field.bytes, where);
      default:
        return true;
    }
  });
  if (!ok) return false;
  size_t values = out_.sample_values.size() - first_value;
  if (values != sample_types_.size()) [[unlikely]] {
    return Fail(message.data(), where, "{} values for {} sample types", values,
                sample_types_.size());
  }
  size_t depth = out_.sample_locations.size() - first_location;
  if (depth > limits_.max_stack_depth) [[unlikely]] {
    return FailLimit(
        fmt::format("sample {}: a stack of {} locations is too deep", where.position, depth),
        limits_.max_stack_depth);
  }
  return true;
}

bool PprofDecoder::DecodeLabel(std::string_view message, Where where) {
  Label label;
  bool ok = Fields(message, where, [&](const WireField& field) {
    switch (field.number) {
      case 1:
        return String(field, where, "label.key", label.key);
      case 2:
        return String(field, where, "label.str", label.str);
      case 3:
        return Int(field, where, "label.num", label.num);
      case 4:
        return String(field, where, "label.num_unit", label.num_unit);
      default:
        return true;
    }
  });
  if (ok) out_.labels.push_back(label);
  return ok;
}

}  // namespace

Result<Profile> DecodePprof(std::string_view bytes, const DecodeLimits& limits) {
  size_t max_bytes = std::min(limits.max_bytes, kMaxMessageBytes);
  std::string inflated;
  if (IsGzip(bytes)) {
    Result<std::string> content = Gunzip(bytes, max_bytes);
    if (!content.ok()) return content.status().Annotate("pprof");
    inflated = std::move(*content);
    bytes = inflated;
  }
  if (bytes.size() > max_bytes) {
    return Error(Code::kResourceExhausted, "pprof: {} bytes exceed the limit of {}", bytes.size(),
                 max_bytes);
  }
  if (bytes.empty()) return InvalidArgument("pprof: no data (0 bytes)");
  return PprofDecoder(bytes, limits).Run();
}

}  // namespace anneal
