// Decoding in two walks. The first counts top-level fields, nothing more: samples come before the
// tables that they refer to, and with the counts each reference can be checked, and each column
// sized, when it is met. The second decodes.
//
// Nearly every producer numbers entities 1, 2, 3…, so that an id is a position plus one and a
// reference is checked against a count. The first id that breaks this, or the first reference that
// seems to lead nowhere, starts the second walk anew with maps of all ids.
//
// Hot paths take a tag byte with its wire type in one switch and note faults as two numbers; words
// are made of them once, at the end.
#include <cstring>

#include "profile/compress.h"
#include "profile/id_index.h"
#include "profile/pprof.h"
#include "profile/utf8.h"
#include "profile/wire_reader.h"

namespace anneal {
namespace {

// The largest message: offsets and string ends are 32-bit.
constexpr size_t kMaxMessageBytes = 0xffffffffu;

// A message of profile.proto: its name and its fields' by number, to explain faults with.
struct MessageType {
  std::string_view name;
  std::span<const std::string_view> fields;
};
constexpr size_t kUnnumbered = SIZE_MAX;  // a message of which there is one, or whose place is moot

constexpr std::string_view kProfileFields[] = {"",
                                               "sample_type",
                                               "sample",
                                               "mapping",
                                               "location",
                                               "function",
                                               "string_table",
                                               "drop_frames",
                                               "keep_frames",
                                               "time_nanos",
                                               "duration_nanos",
                                               "period_type",
                                               "period",
                                               "comment",
                                               "default_sample_type",
                                               "doc_url"};
constexpr std::string_view kValueTypeFields[] = {"", "type", "unit"};
constexpr std::string_view kSampleFields[] = {"", "location_id", "value", "label"};
constexpr std::string_view kLabelFields[] = {"", "key", "str", "num", "num_unit"};
constexpr std::string_view kMappingFields[] = {"",
                                               "id",
                                               "memory_start",
                                               "memory_limit",
                                               "file_offset",
                                               "filename",
                                               "build_id",
                                               "has_functions",
                                               "has_filenames",
                                               "has_line_numbers",
                                               "has_inline_frames"};
constexpr std::string_view kLocationFields[] = {"",        "id",   "mapping_id",
                                                "address", "line", "is_folded"};
constexpr std::string_view kLineFields[] = {"", "function_id", "line", "column"};
constexpr std::string_view kFunctionFields[] = {"",         "id",        "name", "system_name",
                                                "filename", "start_line"};

constexpr MessageType kProfileMessage{"profile", kProfileFields};
constexpr MessageType kSampleTypeMessage{"sample_type", kValueTypeFields};
constexpr MessageType kPeriodTypeMessage{"period_type", kValueTypeFields};
constexpr MessageType kSampleMessage{"sample", kSampleFields};
constexpr MessageType kLabelMessage{"label", kLabelFields};
constexpr MessageType kMappingMessage{"mapping", kMappingFields};
constexpr MessageType kLocationMessage{"location", kLocationFields};
constexpr MessageType kLineMessage{"line", kLineFields};
constexpr MessageType kFunctionMessage{"function", kFunctionFields};

// Tag bytes of fields below 16.
constexpr uint8_t Varint(int field) { return static_cast<uint8_t>(field << 3); }
constexpr uint8_t Bytes(int field) { return static_cast<uint8_t>(field << 3 | 2); }

class PprofDecoder {
 public:
  PprofDecoder(std::string_view message, const DecodeLimits& limits)
      : message_(message), limits_(limits) {}

  Result<Profile> Run();

 private:
  enum class Fault {
    kNone,
    kWire,         // the WireReader says what
    kType,         // a known field with a wire type that does not fit
    kString,       // value: an index out of the string table
    kFirstString,  // string 0 is not empty
    kUtf8,
    kNoId,     // an entity without id, or with id 0
    kTwiceId,  // value: the id
    kZeroReference,
    kReference,   // value: the id that no entity has
    kValueCount,  // value: how many
    kNoSampleType,
    kRestart,  // ids are not positions plus one
  };
  // Ids of one kind of entity.
  struct Ids {
    uint32_t count = 0;    // how many entities there are
    uint32_t decoded = 0;  // how many of them were decoded
    IdIndex sparse;
  };

  bool CountFields();
  bool CollectIds();
  bool CollectId(Ids& ids, std::string_view message);
  void StartColumns();
  bool DecodeFields();
  bool DecodeBytesField(uint8_t tag, std::string_view message);
  bool DecodeComments(std::string_view packed);
  void AppendString(std::string_view text);
  bool FinishStrings();
  bool NoteBadString();
  bool DecodeValueType(std::string_view message, const MessageType& type, size_t position,
                       ValueType& out);
  bool DecodeMapping(std::string_view message);
  bool DecodeFunction(std::string_view message);
  bool DecodeLocation(std::string_view message);
  bool DecodeLine(std::string_view message);
  bool DecodeSample(std::string_view message);
  bool DecodeStack(std::string_view packed);
  bool DecodeValues(std::string_view packed);
  bool DecodeLabel(std::string_view message);

  // Reads of one value; false after noting a fault.
  bool ReadString(WireReader& reader, StringId& out) {
    uint64_t index = 0;
    if (!reader.ReadVarint(index)) [[unlikely]]
      return NoteWire(reader.position(), reader.error());
    out = static_cast<StringId>(index);
    return index < string_count_ || Note(Fault::kString, index);
  }
  template <typename T>
  bool ReadInt(WireReader& reader, T& out) {
    uint64_t value = 0;
    if (!reader.ReadVarint(value)) [[unlikely]]
      return NoteWire(reader.position(), reader.error());
    out = static_cast<T>(value);
    return true;
  }
  bool ReadBool(WireReader& reader, bool& out) {
    uint64_t value = 0;
    if (!reader.ReadVarint(value)) [[unlikely]]
      return NoteWire(reader.position(), reader.error());
    out = value != 0;
    return true;
  }
  bool ReadBytes(WireReader& reader, std::string_view& out) {
    return reader.ReadBytes(out) || NoteWire(reader.position(), reader.error());
  }
  // Passes over a field that none of a message's cases took. False for a fault.
  bool SkipField(WireReader& reader, const MessageType& type, const char* at) {
    const char* next = AfterField(type, at, reader.end());
    reader.MoveTo(next == nullptr ? at : next);
    return next != nullptr;
  }
  [[gnu::noinline]] const char* AfterField(const MessageType& type, const char* at,
                                           const char* end);

  bool Resolve(const Ids& ids, uint64_t id, uint32_t& position) {
    position = static_cast<uint32_t>(id - 1);
    if (!use_maps_ && id - 1 < ids.count) [[likely]]
      return true;
    position = ResolveSparse(ids, id);
    return position != IdIndex::kMissing;
  }
  [[gnu::noinline]] uint32_t ResolveSparse(const Ids& ids, uint64_t id);
  // Checks an entity's own id against its position; maps were checked when they were made.
  bool TakeId(Ids& ids, uint64_t id) {
    uint32_t position = ids.decoded++;
    return use_maps_ || id == uint64_t{position} + 1 || Note(Fault::kRestart, 0);
  }

  [[gnu::cold]] bool Note(Fault fault, uint64_t value) {
    if (fault_ == Fault::kNone) {
      fault_ = fault;
      fault_value_ = value;
    }
    return false;
  }
  [[gnu::cold]] bool NoteWire(const char* at, WireError error) {
    if (fault_ == Fault::kNone) {
      fault_at_ = at;
      wire_error_ = error;
    }
    return Note(Fault::kWire, 0);
  }
  // Puts where the fault is before what is known of it; called from the inside out. `field` starts
  // the faulty field, null when the fault is not one field's; `message` is what holds it.
  [[gnu::cold]] bool At(const MessageType& type, size_t position, const char* field,
                        std::string_view message);
  std::string FaultText() const;
  Status Explain() const;

  std::string_view message_;
  const DecodeLimits& limits_;
  Profile out_;
  bool use_maps_ = false;
  Ids mappings_, functions_, locations_;
  uint32_t sample_count_ = 0, sample_type_count_ = 0, string_count_ = 0;
  size_t string_bytes_ = 0, sample_bytes_ = 0;
  // The string table under construction; written with some slack behind.
  std::string text_;
  std::vector<uint32_t> text_ends_;
  size_t text_size_ = 0;

  Fault fault_ = Fault::kNone;
  uint64_t fault_value_ = 0;
  WireError wire_error_ = WireError::kNone;
  const char* fault_at_ = nullptr;
  std::string fault_path_;
  Status limit_error_;
};

Result<Profile> PprofDecoder::Run() {
  if (!CountFields()) return Explain();
  if (sample_count_ > limits_.max_samples) {
    return Error(Code::kResourceExhausted, "pprof: {} samples are too many (limit {})",
                 sample_count_, limits_.max_samples);
  }
  StartColumns();
  bool ok = DecodeFields();
  if (!ok && fault_ == Fault::kRestart) {
    fault_ = Fault::kNone;
    fault_at_ = nullptr;
    fault_path_.clear();
    use_maps_ = true;
    if (!CollectIds()) return Explain();
    StartColumns();
    ok = DecodeFields();
  }
  if (!limit_error_.ok()) return limit_error_;
  if (!ok || !FinishStrings()) return Explain();
  return std::move(out_);
}

bool PprofDecoder::CountFields() {
  WireReader reader(message_);
  WireField field;
  while (!reader.AtEnd()) {
    if (!reader.ReadField(field)) {
      NoteWire(reader.position(), reader.error());
      return At(kProfileMessage, kUnnumbered, field.start, message_);
    }
    if (field.type != WireType::kBytes) continue;
    switch (field.number) {
      case 1:
        ++sample_type_count_;
        break;
      case 2:
        ++sample_count_;
        sample_bytes_ += field.bytes.size();
        break;
      case 3:
        ++mappings_.count;
        break;
      case 4:
        ++locations_.count;
        break;
      case 5:
        ++functions_.count;
        break;
      case 6:
        ++string_count_;
        string_bytes_ += field.bytes.size();
        break;
      default:
        break;
    }
  }
  string_count_ = std::max(string_count_, 1u);  // string 0 is there even when the table is not
  return true;
}

// Makes the maps of ids. Entities without id, and ids used twice, end it.
bool PprofDecoder::CollectIds() {
  WireReader reader(message_);
  WireField field;
  mappings_.decoded = functions_.decoded = locations_.decoded = 0;
  while (!reader.AtEnd() && reader.ReadField(field)) {
    if (field.type != WireType::kBytes) continue;
    bool ok = true;
    if (field.number == 3) {
      ok = CollectId(mappings_, field.bytes) ||
           At(kMappingMessage, mappings_.decoded, nullptr, field.bytes);
    } else if (field.number == 4) {
      ok = CollectId(locations_, field.bytes) ||
           At(kLocationMessage, locations_.decoded, nullptr, field.bytes);
    } else if (field.number == 5) {
      ok = CollectId(functions_, field.bytes) ||
           At(kFunctionMessage, functions_.decoded, nullptr, field.bytes);
    }
    if (!ok) return false;
  }
  return true;
}

bool PprofDecoder::CollectId(Ids& ids, std::string_view message) {
  WireReader reader(message);
  WireField field;
  uint64_t id = 0;
  while (!reader.AtEnd()) {
    if (!reader.ReadField(field)) return NoteWire(reader.position(), reader.error());
    if (field.number != 1) continue;
    if (field.type != WireType::kVarint)
      return Note(Fault::kType, static_cast<uint64_t>(field.type));
    id = field.value;
  }
  if (id == 0) return Note(Fault::kNoId, 0);
  if (!ids.sparse.Add(id)) return Note(Fault::kTwiceId, id);
  ++ids.decoded;
  return true;
}

void PprofDecoder::StartColumns() {
  out_ = Profile();
  mappings_.decoded = functions_.decoded = locations_.decoded = 0;
  out_.sample_types.reserve(sample_type_count_);
  out_.mappings.reserve(mappings_.count);
  out_.functions.resize(functions_.count);
  out_.locations.resize(locations_.count);
  out_.lines.reserve(locations_.count + locations_.count / 2);
  out_.stack_ends.reserve(sample_count_);
  out_.sample_locations.reserve(sample_bytes_ * 3 / 4);
  out_.sample_values.reserve(std::min(size_t{sample_count_} * sample_type_count_, sample_bytes_));
  constexpr size_t kSlack = 64;  // AppendString writes this far past the end
  text_.resize(string_bytes_ + kSlack);
  text_size_ = 0;
  text_ends_.clear();
  text_ends_.reserve(string_count_);
}

bool PprofDecoder::DecodeFields() {
  WireReader reader(message_);
  while (!reader.AtEnd()) {
    const char* at = reader.position();
    uint8_t tag = reader.TakeByte();
    bool ok = true;
    switch (tag) {
      case Bytes(2): {
        std::string_view sample;
        ok = ReadBytes(reader, sample) && DecodeSample(sample);
        break;
      }
      case Bytes(4): {
        std::string_view location;
        ok = ReadBytes(reader, location) && DecodeLocation(location);
        break;
      }
      case Bytes(5): {
        std::string_view function;
        ok = ReadBytes(reader, function) && DecodeFunction(function);
        break;
      }
      case Bytes(6): {
        std::string_view text;
        ok = ReadBytes(reader, text);
        if (ok) AppendString(text);
        break;
      }
      case Bytes(1):
      case Bytes(3):
      case Bytes(11):
      case Bytes(13): {
        std::string_view message;
        ok = ReadBytes(reader, message) && DecodeBytesField(tag, message);
        break;
      }
      case Varint(7):
        ok = ReadString(reader, out_.drop_frames);
        break;
      case Varint(8):
        ok = ReadString(reader, out_.keep_frames);
        break;
      case Varint(9):
        ok = ReadInt(reader, out_.time_ns);
        break;
      case Varint(10):
        ok = ReadInt(reader, out_.duration_ns);
        break;
      case Varint(12):
        ok = ReadInt(reader, out_.period);
        break;
      case Varint(13):
        out_.comments.push_back(StringId::kEmpty);
        ok = ReadString(reader, out_.comments.back());
        break;
      case Varint(14):
        ok = ReadString(reader, out_.default_sample_type);
        break;
      case Varint(15):
        ok = ReadString(reader, out_.doc_url);
        break;
      default:
        ok = SkipField(reader, kProfileMessage, at);
        break;
    }
    if (!ok) [[unlikely]]
      return At(kProfileMessage, kUnnumbered, at, message_);
  }
  return true;
}

bool PprofDecoder::DecodeBytesField(uint8_t tag, std::string_view message) {
  switch (tag) {
    case Bytes(1):
      out_.sample_types.emplace_back();
      return DecodeValueType(message, kSampleTypeMessage, out_.sample_types.size() - 1,
                             out_.sample_types.back());
    case Bytes(3):
      return DecodeMapping(message);
    case Bytes(11):  // parts of one message when it occurs twice: they merge
      return DecodeValueType(message, kPeriodTypeMessage, kUnnumbered, out_.period_type);
    default:
      return DecodeComments(message);
  }
}

bool PprofDecoder::DecodeComments(std::string_view packed) {
  WireReader reader(packed);
  while (!reader.AtEnd()) {
    const char* at = reader.position();
    out_.comments.push_back(StringId::kEmpty);
    if (!ReadString(reader, out_.comments.back())) {
      fault_at_ = at;
      return false;
    }
  }
  return true;
}

// Short strings are copied as one block with whatever follows them; the next string, or the cut at
// the end, covers what was too much.
void PprofDecoder::AppendString(std::string_view text) {
  constexpr size_t kBlock = 32;
  char* to = text_.data() + text_size_;
  size_t left_in_message = static_cast<size_t>(message_.data() + message_.size() - text.data());
  if (text.size() <= kBlock && left_in_message >= kBlock) {
    std::memcpy(to, text.data(), kBlock);
  } else {
    std::memcpy(to, text.data(), text.size());
  }
  text_size_ += text.size();
  text_ends_.push_back(static_cast<uint32_t>(text_size_));
}

bool PprofDecoder::FinishStrings() {
  if (text_ends_.empty()) text_ends_.push_back(0);
  text_.resize(text_size_);
  // All at once. Their concatenation can be well-formed where a character is split between two.
  auto splits_character = [&](uint32_t end) {
    return end < text_.size() && (static_cast<uint8_t>(text_[end]) & 0xc0) == 0x80;
  };
  if (text_ends_[0] != 0 || ValidUtf8Prefix(text_) != text_.size() ||
      std::any_of(text_ends_.begin(), text_ends_.end(), splits_character)) {
    return NoteBadString();
  }
  out_.strings = StringTable(std::move(text_), std::move(text_ends_));
  return true;
}

// Finds the string at fault; always returns false.
bool PprofDecoder::NoteBadString() {
  WireReader reader(message_);
  WireField field;
  for (size_t position = 0; !reader.AtEnd() && reader.ReadField(field);) {
    if (field.number != 6) continue;
    size_t valid = ValidUtf8Prefix(field.bytes);
    bool first_not_empty = position == 0 && !field.bytes.empty();
    if (first_not_empty || valid != field.bytes.size()) {
      fault_at_ = field.bytes.data() + (first_not_empty ? 0 : valid);
      fault_path_ = fmt::format("string_table {}", position);
      return Note(first_not_empty ? Fault::kFirstString : Fault::kUtf8, position);
    }
    ++position;
  }
  return Note(Fault::kUtf8, 0);
}

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

// Where the field at `at` ends, or null for a fault.
const char* PprofDecoder::AfterField(const MessageType& type, const char* at, const char* end) {
  WireReader reader(std::string_view(at, static_cast<size_t>(end - at)));
  WireField field;
  if (!reader.ReadField(field)) {
    NoteWire(reader.position(), reader.error());
    return nullptr;
  }
  // A known field ends up here only when its wire type is not one of the field's.
  if (field.number < type.fields.size()) {
    Note(Fault::kType, static_cast<uint64_t>(field.type));
    return nullptr;
  }
  return reader.position();
}

uint32_t PprofDecoder::ResolveSparse(const Ids& ids, uint64_t id) {
  if (!use_maps_) {
    Note(Fault::kRestart, 0);
    return IdIndex::kMissing;
  }
  uint32_t position = ids.sparse.Find(id);
  if (position == IdIndex::kMissing) {
    Note(id == 0 ? Fault::kZeroReference : Fault::kReference, id);
  }
  return position;
}

bool PprofDecoder::At(const MessageType& type, size_t position, const char* field,
                      std::string_view message) {
  if (fault_at_ == nullptr) fault_at_ = field != nullptr ? field : message.data();
  bool is_field = fault_ != Fault::kWire || wire_error_ != WireError::kBadTag;
  if (fault_path_.empty() && field != nullptr && is_field) {
    size_t number = static_cast<uint8_t>(*field) >> 3;
    if (number < type.fields.size()) fault_path_ = type.fields[number];
  }
  if (type.name == kProfileMessage.name) return false;
  std::string name =
      position == kUnnumbered ? std::string(type.name) : fmt::format("{} {}", type.name, position);
  fault_path_ = fault_path_.empty() ? name : fmt::format("{}: {}", name, fault_path_);
  return false;
}

std::string PprofDecoder::FaultText() const {
  switch (fault_) {
    case Fault::kNone:
    case Fault::kRestart:
      return "no fault";
    case Fault::kWire:
      return std::string(WireErrorText(wire_error_));
    case Fault::kType:
      return fmt::format("wire type {} does not fit the field", fault_value_);
    case Fault::kString:
      return fmt::format("string {} of a table of {}", static_cast<int64_t>(fault_value_),
                         string_count_);
    case Fault::kFirstString:
      return "string 0 is not empty";
    case Fault::kUtf8:
      return "not UTF-8";
    case Fault::kNoId:
      return "the id is 0 or missing";
    case Fault::kTwiceId:
      return fmt::format("the id {} is used twice", fault_value_);
    case Fault::kZeroReference:
      return "the id referred to is 0 or missing";
    case Fault::kReference:
      return fmt::format("nothing has the id {}", fault_value_);
    case Fault::kValueCount:
      return fmt::format("{} values for {} sample types", fault_value_, sample_type_count_);
    case Fault::kNoSampleType:
      return "a sample, but no sample_type";
  }
  return "unknown fault";
}

Status PprofDecoder::Explain() const {
  std::string path = fault_path_.empty() ? "" : fault_path_ + ": ";
  return InvalidArgument("pprof: {}{} (byte {})", path, FaultText(),
                         fault_at_ == nullptr ? 0 : fault_at_ - message_.data());
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
