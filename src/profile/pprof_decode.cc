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
#include "profile/pprof.h"
#include "profile/pprof_decoder.h"
#include "profile/utf8.h"

namespace anneal {
namespace {

// The largest message: offsets and string ends are 32-bit.
constexpr size_t kMaxMessageBytes = 0xffffffffu;

}  // namespace

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
