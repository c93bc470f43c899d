#include "api/json_reader.h"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "api/base64.h"
#include "store/bytes.h"

namespace anneal {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;

// A message within messages is moved once for each of them when its length is known.
constexpr size_t kMaxDepth = 100;
constexpr size_t kMaxQuoted = 32;    // bytes of a value that an error shows
constexpr size_t kScalarBytes = 32;  // room for a tag and a number, or for lengths

// A text that grows within the memory that all requests share.
class ClaimedText {
 public:
  explicit ClaimedText(RequestMemory* memory) : memory_(memory) {}

  std::string text;

  // Room for `bytes` more. False when there is none.
  bool Reserve(size_t bytes) {
    const size_t needed = text.size() + bytes, old = claimed_;
    if (needed <= text.capacity()) return true;
    const size_t capacity = std::max(needed, 2 * text.capacity());  // libstdc++ takes no less
    if (memory_ != nullptr) {
      status = memory_->Claim(capacity);
      if (!status.ok()) return false;
    }
    claimed_ = capacity;
    text.reserve(capacity);
    if (memory_ != nullptr) memory_->Release(old);
    return true;
  }
  void GiveUp() {
    if (memory_ != nullptr) memory_->Release(claimed_);
    claimed_ = 0;
  }

  Status status;

 private:
  RequestMemory* const memory_;
  size_t claimed_ = 0;
};

template <typename T>
void AppendFixed(T value, std::string& out) {
  for (size_t i = 0; i < sizeof value; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}

enum class Wire : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

Wire WireOf(const FieldDescriptor& field) {
  switch (field.type()) {
    case FieldDescriptor::TYPE_DOUBLE:
    case FieldDescriptor::TYPE_FIXED64:
    case FieldDescriptor::TYPE_SFIXED64:
      return Wire::kFixed64;
    case FieldDescriptor::TYPE_FLOAT:
    case FieldDescriptor::TYPE_FIXED32:
    case FieldDescriptor::TYPE_SFIXED32:
      return Wire::kFixed32;
    case FieldDescriptor::TYPE_STRING:
    case FieldDescriptor::TYPE_BYTES:
    case FieldDescriptor::TYPE_MESSAGE:
    case FieldDescriptor::TYPE_GROUP:
      return Wire::kBytes;
    default:
      return Wire::kVarint;
  }
}

// Of all whole numbers that some type holds: 64 bits and a sign.
struct Whole {
  bool is_negative = false;
  uint64_t bits = 0;  // two's complement
};

std::optional<Whole> FromDouble(double value) {
  constexpr double k2To63 = 9223372036854775808.0;
  if (value != std::floor(value) || value < -k2To63 || value >= 2 * k2To63) return std::nullopt;
  if (value >= 0) return Whole{false, static_cast<uint64_t>(value)};
  return Whole{true, static_cast<uint64_t>(static_cast<int64_t>(value))};
}

std::optional<double> DoubleOf(std::string_view text) {
  if (text == "NaN") return std::nan("");
  if (text == "Infinity") return HUGE_VAL;
  if (text == "-Infinity") return -HUGE_VAL;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_number = error == std::errc() && end == text.data() + text.size();
  return is_number && std::isfinite(value) ? std::optional(value) : std::nullopt;
}

std::optional<Whole> WholeOf(std::string_view text) {
  Whole out{text.starts_with('-'), 0};
  int64_t negative = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = out.is_negative ? std::from_chars(text.data(), end, negative)
                                      : std::from_chars(text.data(), end, out.bits);
  if (out.is_negative) out.bits = static_cast<uint64_t>(negative);
  if (parsed.ec == std::errc() && parsed.ptr == end) return out;
  if (parsed.ec == std::errc::result_out_of_range) return std::nullopt;
  const std::optional<double> value = DoubleOf(text);  // 1.0, 1e3
  return value && std::isfinite(*value) ? FromDouble(*value) : std::nullopt;
}

// The bits of a field's value as they are written, or nothing if it is out of range.
std::optional<uint64_t> BitsOf(const FieldDescriptor& field, Whole value) {
  const auto number = static_cast<int64_t>(value.bits);
  const bool is_int64 = value.is_negative || number >= 0;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_ENUM:
      if (!is_int64 || number != static_cast<int32_t>(number)) return std::nullopt;
      break;
    case FieldDescriptor::CPPTYPE_INT64:
      if (!is_int64) return std::nullopt;
      break;
    case FieldDescriptor::CPPTYPE_UINT32:
      if (value.is_negative || value.bits > UINT32_MAX) return std::nullopt;
      break;
    default:
      if (value.is_negative) return std::nullopt;
  }
  const bool is_zigzag =
      field.type() == FieldDescriptor::TYPE_SINT32 || field.type() == FieldDescriptor::TYPE_SINT64;
  return is_zigzag ? ZigZag(number) : value.bits;
}

uint64_t BitsOf(const FieldDescriptor& field, double value) {
  if (field.type() == FieldDescriptor::TYPE_DOUBLE) return std::bit_cast<uint64_t>(value);
  return std::bit_cast<uint32_t>(static_cast<float>(value));
}

const FieldDescriptor* FindField(const Descriptor& message, std::string_view name) {
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor* field = message.field(i);
    if (field->json_name() == name || field->name() == name) return field;
  }
  return nullptr;
}

// nlohmann's interface for events of its parser: false ends the parse.
class Reader {
 public:
  using json = nlohmann::json;
  Reader(const Descriptor& root, ClaimedText& out) : root_(root), out_(out) {}

  std::string error;

  bool start_object(size_t) {
    if (IsIgnored()) return ++ignored_depth_, true;
    if (frames_.empty()) return frames_.push_back({&root_}), true;
    const FieldDescriptor* field = top().field;
    if (field->type() != FieldDescriptor::TYPE_MESSAGE || IsListMissing()) return Fail("an object");
    if (frames_.size() == kMaxDepth) return Fail("nested too deeply");
    return Open(*field, {field->message_type()});
  }
  bool end_object() {
    if (ignored_depth_ != 0) return --ignored_depth_, true;
    return Close();
  }
  bool start_array(size_t) {
    if (IsIgnored()) return ++ignored_depth_, true;
    if (frames_.empty() || !IsListMissing()) return Fail("a list");
    const FieldDescriptor* field = top().field;
    const Frame list{nullptr, field};
    if (field->is_packable()) return Open(*field, list);
    frames_.push_back(list);
    return true;
  }
  bool end_array() {
    if (ignored_depth_ != 0) return --ignored_depth_, true;
    if (top().begin != kNoLength) return Close();
    frames_.pop_back();
    return true;
  }
  bool key(json::string_t& name) {
    if (ignored_depth_ == 0) top().field = FindField(*top().message, name);
    return true;
  }

  bool null() {
    const bool may_lack = IsIgnored() || (!frames_.empty() && top().message != nullptr);
    return may_lack || Fail("null");
  }
  bool boolean(bool value) {
    if (IsIgnored()) return true;
    if (!IsScalar(FieldDescriptor::CPPTYPE_BOOL)) return Fail("a truth value");
    return Number(value ? 1 : 0);
  }
  bool number_integer(json::number_integer_t value) {
    return Integer(Whole{value < 0, static_cast<uint64_t>(value)}, static_cast<double>(value));
  }
  bool number_unsigned(json::number_unsigned_t value) {
    return Integer(Whole{false, value}, static_cast<double>(value));
  }
  bool number_float(json::number_float_t value, const json::string_t& text) {
    return Integer(WholeOf(text), value);
  }
  bool binary(json::binary_t&) { return false; }
  bool parse_error(size_t position, const std::string&, const json::exception&) {
    error = fmt::format("malformed at byte {}", position);
    return false;
  }

  bool string(json::string_t& text) {
    if (IsIgnored()) return true;
    if (frames_.empty() || IsListMissing()) return Fail("a text");
    const FieldDescriptor& field = *top().field;
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        if (field.type() == FieldDescriptor::TYPE_BYTES && !DecodeBase64InPlace(text)) {
          return Fail("no base64");
        }
        return Bytes(text);
      case FieldDescriptor::CPPTYPE_ENUM: {
        const EnumValueDescriptor* value = field.enum_type()->FindValueByName(text);
        return value == nullptr || Number(static_cast<uint64_t>(int64_t{value->number()}));
      }
      case FieldDescriptor::CPPTYPE_DOUBLE:
      case FieldDescriptor::CPPTYPE_FLOAT: {
        const std::optional<double> value = DoubleOf(text);
        return value ? Number(BitsOf(field, *value)) : FailNumber(text);
      }
      case FieldDescriptor::CPPTYPE_MESSAGE:
      case FieldDescriptor::CPPTYPE_BOOL:
        return Fail("a text");
      default: {
        const std::optional<Whole> value = WholeOf(text);
        const std::optional<uint64_t> bits = value ? BitsOf(field, *value) : std::nullopt;
        return bits ? Number(*bits) : FailNumber(text);
      }
    }
  }

 private:
  static constexpr size_t kNoLength = SIZE_MAX;

  // An object or a list that is open.
  struct Frame {
    const Descriptor* message = nullptr;     // null: a list
    const FieldDescriptor* field = nullptr;  // of the list; of the last key, null if not known
    size_t begin = kNoLength;                // of what is written behind a byte for its length
    size_t tag = 0;                          // where the tag before it is
  };

  Frame& top() { return frames_.back(); }
  bool IsIgnored() { return ignored_depth_ != 0 || (!frames_.empty() && top().field == nullptr); }
  // Whether a list belongs where something else may be.
  bool IsListMissing() { return top().message != nullptr && top().field->is_repeated(); }
  bool IsScalar(FieldDescriptor::CppType type) {
    return !frames_.empty() && !IsListMissing() && top().field->cpp_type() == type;
  }

  bool Fail(std::string_view found) {
    const bool wants_object =
        frames_.empty() ||
        (top().message == nullptr && top().field->type() == FieldDescriptor::TYPE_MESSAGE);
    error = wants_object ? fmt::format("{} where an object belongs", found)
                         : fmt::format("field `{}` is {}", top().field->json_name(), found);
    return false;
  }
  bool FailNumber(std::string_view found) {
    error = fmt::format("field `{}`: `{}` is no {}", top().field->json_name(),
                        found.substr(0, kMaxQuoted), top().field->type_name());
    return false;
  }

  void Tag(const FieldDescriptor& field, Wire wire) {
    PutVarint(out_.text, static_cast<uint64_t>(field.number()) << 3 | static_cast<uint64_t>(wire));
  }
  // What is written from here on, up to Close, is the field's value, its length before it.
  bool Open(const FieldDescriptor& field, Frame frame) {
    if (!out_.Reserve(kScalarBytes)) return false;
    frame.tag = out_.text.size();
    Tag(field, Wire::kBytes);
    out_.text.push_back(0);  // enough for most lengths
    frame.begin = out_.text.size();
    frames_.push_back(frame);
    return true;
  }
  bool Close() {
    const Frame frame = top();
    frames_.pop_back();
    if (frame.begin == kNoLength) return true;  // the root
    const size_t size = out_.text.size() - frame.begin;
    if (size == 0 && frame.message == nullptr) return out_.text.resize(frame.tag), true;
    std::string length;
    PutVarint(length, size);
    if (!out_.Reserve(kScalarBytes)) return false;
    out_.text[frame.begin - 1] = length[0];
    out_.text.insert(frame.begin, length, 1);
    return true;
  }
  bool Bytes(std::string_view bytes) {
    if (!out_.Reserve(kScalarBytes + bytes.size())) return false;
    Tag(*top().field, Wire::kBytes);
    PutVarint(out_.text, bytes.size());
    out_.text += bytes;
    return true;
  }
  bool Number(uint64_t bits) {
    if (!out_.Reserve(kScalarBytes)) return false;
    const Wire wire = WireOf(*top().field);
    if (top().begin == kNoLength || top().message != nullptr) Tag(*top().field, wire);
    if (wire == Wire::kVarint) PutVarint(out_.text, bits);
    if (wire == Wire::kFixed64) AppendFixed(bits, out_.text);
    if (wire == Wire::kFixed32) AppendFixed(static_cast<uint32_t>(bits), out_.text);
    return true;
  }
  bool Integer(std::optional<Whole> whole, double value) {
    if (IsIgnored()) return true;
    if (frames_.empty() || IsListMissing()) return Fail("a number");
    const FieldDescriptor& field = *top().field;
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_DOUBLE:
      case FieldDescriptor::CPPTYPE_FLOAT:
        return Number(BitsOf(field, value));
      case FieldDescriptor::CPPTYPE_STRING:
      case FieldDescriptor::CPPTYPE_MESSAGE:
      case FieldDescriptor::CPPTYPE_BOOL:
        return Fail("a number");
      default: {
        const std::optional<uint64_t> bits = whole ? BitsOf(field, *whole) : std::nullopt;
        return bits ? Number(*bits) : FailNumber(fmt::format("{}", value));
      }
    }
  }

  const Descriptor& root_;
  ClaimedText& out_;
  std::vector<Frame> frames_;
  size_t ignored_depth_ = 0;  // within a field that is not known
};

// No text in it is longer: the most bytes between two quotes that stand behind no backslash.
size_t LongestText(std::string_view json) {
  size_t longest = 0, begin = 0;
  for (size_t quote = json.find('"'); quote != json.npos; quote = json.find('"', quote + 1)) {
    if (quote != 0 && json[quote - 1] == '\\') continue;
    longest = std::max(longest, quote - begin);
    begin = quote + 1;
  }
  return std::max(longest, json.size() - begin);
}

}  // namespace

Result<std::string> ReadJson(const Descriptor& message, std::string_view json,
                             RequestMemory* memory) {
  // The parser's own copy of a text, which doubles as it grows.
  const size_t parser_bytes = 3 * LongestText(json);
  if (memory != nullptr) TRY(memory->Claim(parser_bytes));
  ClaimedText out(memory);
  Reader reader(message, out);
  const bool ok = nlohmann::json::sax_parse(json.begin(), json.end(), &reader);
  if (memory != nullptr) memory->Release(parser_bytes);
  if (ok) return std::move(out.text);
  out.GiveUp();
  if (!out.status.ok()) return out.status;
  return InvalidArgument("the body is no JSON {}: {}", message.full_name(), reader.error);
}

}  // namespace anneal
