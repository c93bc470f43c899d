// Decoding the messages inside a profile: mappings, functions, locations, samples.
#include "profile/pprof_decoder.h"

namespace anneal {

bool PprofDecoder::DecodeValueType(std::string_view message, const MessageType& type,
                                   size_t position, ValueType& out) {
  WireReader reader(message);
  while (!reader.AtEnd()) {
    const char* at = reader.position();
    uint8_t tag = reader.TakeByte();
    bool ok = true;
    switch (tag) {
      case Varint(1):
        ok = ReadString(reader, out.type);
        break;
      case Varint(2):
        ok = ReadString(reader, out.unit);
        break;
      default:
        ok = SkipField(reader, type, at);
        break;
    }
    if (!ok) return At(type, position, at, message);
  }
  return true;
}

bool PprofDecoder::DecodeMapping(std::string_view message) {
  WireReader reader(message);
  out_.mappings.emplace_back();
  Mapping& m = out_.mappings.back();
  uint64_t id = 0;
  while (!reader.AtEnd()) {
    const char* at = reader.position();
    uint8_t tag = reader.TakeByte();
    bool ok = true;
    switch (tag) {
      case Varint(1):
        ok = ReadInt(reader, id);
        break;
      case Varint(2):
        ok = ReadInt(reader, m.start);
        break;
      case Varint(3):
        ok = ReadInt(reader, m.limit);
        break;
      case Varint(4):
        ok = ReadInt(reader, m.offset);
        break;
      case Varint(5):
        ok = ReadString(reader, m.file);
        break;
      case Varint(6):
        ok = ReadString(reader, m.build_id);
        break;
      case Varint(7):
        ok = ReadBool(reader, m.has_functions);
        break;
      case Varint(8):
        ok = ReadBool(reader, m.has_filenames);
        break;
      case Varint(9):
        ok = ReadBool(reader, m.has_line_numbers);
        break;
      case Varint(10):
        ok = ReadBool(reader, m.has_inline_frames);
        break;
      default:
        ok = SkipField(reader, kMappingMessage, at);
        break;
    }
    if (!ok) return At(kMappingMessage, mappings_.decoded, at, message);
  }
  return TakeId(mappings_, id);
}

bool PprofDecoder::DecodeFunction(std::string_view message) {
  WireReader reader(message);
  Function& f = out_.functions[functions_.decoded];
  uint64_t id = 0;
  while (!reader.AtEnd()) {
    const char* at = reader.position();
    uint8_t tag = reader.TakeByte();
    bool ok = true;
    switch (tag) {
      case Varint(1):
        ok = ReadInt(reader, id);
        break;
      case Varint(2):
        ok = ReadString(reader, f.name);
        break;
      case Varint(3):
        ok = ReadString(reader, f.system_name);
        break;
      case Varint(4):
        ok = ReadString(reader, f.file);
        break;
      case Varint(5):
        ok = ReadInt(reader, f.start_line);
        break;
      default:
        ok = SkipField(reader, kFunctionMessage, at);
        break;
    }
    if (!ok) [[unlikely]]
      return At(kFunctionMessage, functions_.decoded, at, message);
  }
  return TakeId(functions_, id);
}

bool PprofDecoder::DecodeLocation(std::string_view message) {
  WireReader reader(message);
  Location& l = out_.locations[locations_.decoded];
  l.lines_begin = static_cast<uint32_t>(out_.lines.size());
  uint64_t id = 0;
  while (!reader.AtEnd()) {
    const char* at = reader.position();
    uint8_t tag = reader.TakeByte();
    bool ok = true;
    switch (tag) {
      case Varint(1):
        ok = ReadInt(reader, id);
        break;
      case Varint(2): {
        uint64_t mapping = 0;
        uint32_t position = static_cast<uint32_t>(MappingId::kNone);
        ok = ReadInt(reader, mapping) && (mapping == 0 || Resolve(mappings_, mapping, position));
        l.mapping = static_cast<MappingId>(position);
        break;
      }
      case Varint(3):
        ok = ReadInt(reader, l.address);
        break;
      case Bytes(4): {
        std::string_view line;
        ok = ReadBytes(reader, line) && DecodeLine(line);
        break;
      }
      case Varint(5):
        ok = ReadBool(reader, l.is_folded);
        break;
      default:
        ok = SkipField(reader, kLocationMessage, at);
        break;
    }
    if (!ok) [[unlikely]]
      return At(kLocationMessage, locations_.decoded, at, message);
  }
  l.lines_end = static_cast<uint32_t>(out_.lines.size());
  return TakeId(locations_, id);
}

bool PprofDecoder::DecodeLine(std::string_view message) {
  WireReader reader(message);
  Line line;
  uint64_t function = 0;
  const char* function_at = nullptr;
  while (!reader.AtEnd()) {
    const char* at = reader.position();
    uint8_t tag = reader.TakeByte();
    bool ok = true;
    switch (tag) {
      case Varint(1):
        function_at = at;
        ok = ReadInt(reader, function);
        break;
      case Varint(2):
        ok = ReadInt(reader, line.line);
        break;
      case Varint(3):
        ok = ReadInt(reader, line.column);
        break;
      default:
        ok = SkipField(reader, kLineMessage, at);
        break;
    }
    if (!ok) [[unlikely]]
      return At(kLineMessage, kUnnumbered, at, message);
  }
  uint32_t position;
  if (!Resolve(functions_, function, position)) [[unlikely]] {
    return At(kLineMessage, kUnnumbered, function_at, message);
  }
  line.function = static_cast<FunctionId>(position);
  out_.lines.push_back(line);
  return true;
}

bool PprofDecoder::DecodeSample(std::string_view message) {
  WireReader reader(message);
  size_t sample = out_.stack_ends.size();
  size_t first_location = out_.sample_locations.size();
  size_t first_value = out_.sample_values.size();
  size_t first_label = out_.labels.size();
  while (!reader.AtEnd()) {
    const char* at = reader.position();
    uint8_t tag = reader.TakeByte();
    bool ok = true;
    std::string_view bytes;
    switch (tag) {
      case Bytes(1):
        ok = ReadBytes(reader, bytes) && DecodeStack(bytes);
        break;
      case Bytes(2):
        ok = ReadBytes(reader, bytes) && DecodeValues(bytes);
        break;
      case Bytes(3):
        ok = ReadBytes(reader, bytes) && DecodeLabel(bytes);
        break;
      case Varint(1): {
        uint64_t id = 0;
        uint32_t position = 0;
        ok = ReadInt(reader, id) && Resolve(locations_, id, position);
        out_.sample_locations.push_back(static_cast<LocationId>(position));
        break;
      }
      case Varint(2):
        out_.sample_values.push_back(0);
        ok = ReadInt(reader, out_.sample_values.back());
        break;
      default:
        ok = SkipField(reader, kSampleMessage, at);
        break;
    }
    if (!ok) [[unlikely]]
      return At(kSampleMessage, sample, at, message);
  }
  size_t values = out_.sample_values.size() - first_value;
  if (values != sample_type_count_ || values == 0) [[unlikely]] {
    Note(values == 0 && sample_type_count_ == 0 ? Fault::kNoSampleType : Fault::kValueCount,
         values);
    return At(kSampleMessage, sample, nullptr, message);
  }
  size_t depth = out_.sample_locations.size() - first_location;
  if (depth > limits_.max_stack_depth) [[unlikely]] {
    limit_error_ = Error(Code::kResourceExhausted,
                         "pprof: sample {}: a stack of {} locations is too deep (limit {})", sample,
                         depth, limits_.max_stack_depth);
    return false;
  }
  out_.stack_ends.push_back(static_cast<uint32_t>(out_.sample_locations.size()));
  // Bounds of labels are kept from the first sample on that has any.
  if (out_.labels.size() != first_label && first_label == 0) {
    out_.label_ends.reserve(sample_count_);
    out_.label_ends.resize(sample, 0);
  }
  if (!out_.labels.empty()) out_.label_ends.push_back(static_cast<uint32_t>(out_.labels.size()));
  return true;
}

bool PprofDecoder::DecodeStack(std::string_view packed) {
  WireReader reader(packed);
  // A byte holds at most one id: room for all, cut back at the end.
  size_t size = out_.sample_locations.size();
  out_.sample_locations.resize(size + packed.size());
  LocationId* to = out_.sample_locations.data() + size;
  while (!reader.AtEnd()) {
    const char* at = reader.position();
    uint64_t id = 0;
    uint32_t position = 0;
    if (!ReadInt(reader, id)) [[unlikely]]
      return false;
    if (!Resolve(locations_, id, position)) [[unlikely]] {
      fault_at_ = at;
      return false;
    }
    *to++ = static_cast<LocationId>(position);
  }
  out_.sample_locations.resize(static_cast<size_t>(to - out_.sample_locations.data()));
  return true;
}

bool PprofDecoder::DecodeValues(std::string_view packed) {
  WireReader reader(packed);
  while (!reader.AtEnd()) {
    int64_t value = 0;
    if (!ReadInt(reader, value)) [[unlikely]]
      return false;
    out_.sample_values.push_back(value);
  }
  return true;
}

bool PprofDecoder::DecodeLabel(std::string_view message) {
  WireReader reader(message);
  Label label;
  while (!reader.AtEnd()) {
    const char* at = reader.position();
    uint8_t tag = reader.TakeByte();
    bool ok = true;
    switch (tag) {
      case Varint(1):
        ok = ReadString(reader, label.key);
        break;
      case Varint(2):
        ok = ReadString(reader, label.str);
        break;
      case Varint(3):
        ok = ReadInt(reader, label.num);
        break;
      case Varint(4):
        ok = ReadString(reader, label.num_unit);
        break;
      default:
        ok = SkipField(reader, kLabelMessage, at);
        break;
    }
    if (!ok) [[unlikely]]
      return At(kLabelMessage, kUnnumbered, at, message);
  }
  out_.labels.push_back(label);
  return true;
}

}  // namespace anneal
