// PprofDecoder: the state of decoding one pprof message. Private to pprof_decode*.cc; callers use
// DecodePprof of pprof.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "profile/id_index.h"
#include "profile/pprof.h"
#include "profile/wire_reader.h"

namespace anneal {

// A message of profile.proto: its name and its fields' by number, to explain faults with.
struct MessageType {
  std::string_view name;
  std::span<const std::string_view> fields;
};
inline constexpr size_t kUnnumbered =
    SIZE_MAX;  // a message of which there is one, or whose place is moot

inline constexpr std::string_view kProfileFields[] = {"",
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
inline constexpr std::string_view kValueTypeFields[] = {"", "type", "unit"};
inline constexpr std::string_view kSampleFields[] = {"", "location_id", "value", "label"};
inline constexpr std::string_view kLabelFields[] = {"", "key", "str", "num", "num_unit"};
inline constexpr std::string_view kMappingFields[] = {"",
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
inline constexpr std::string_view kLocationFields[] = {"",        "id",   "mapping_id",
                                                       "address", "line", "is_folded"};
inline constexpr std::string_view kLineFields[] = {"", "function_id", "line", "column"};
inline constexpr std::string_view kFunctionFields[] = {
    "", "id", "name", "system_name", "filename", "start_line"};

inline constexpr MessageType kProfileMessage{"profile", kProfileFields};
inline constexpr MessageType kSampleTypeMessage{"sample_type", kValueTypeFields};
inline constexpr MessageType kPeriodTypeMessage{"period_type", kValueTypeFields};
inline constexpr MessageType kSampleMessage{"sample", kSampleFields};
inline constexpr MessageType kLabelMessage{"label", kLabelFields};
inline constexpr MessageType kMappingMessage{"mapping", kMappingFields};
inline constexpr MessageType kLocationMessage{"location", kLocationFields};
inline constexpr MessageType kLineMessage{"line", kLineFields};
inline constexpr MessageType kFunctionMessage{"function", kFunctionFields};

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

}  // namespace anneal
