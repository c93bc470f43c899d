#include "api/push_json.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <protozero/pbf_writer.hpp>

namespace anneal {
namespace {

constexpr uint8_t kNoDigit = 0xff;

// The values of base64's digits, of both alphabets (RFC 4648, 4 and 5).
constexpr std::array<uint8_t, 256> Base64Values() {
  std::array<uint8_t, 256> values{};
  for (uint8_t& value : values) value = kNoDigit;
  for (uint8_t i = 0; i < 26; ++i) {
    values['A' + i] = i;
    values['a' + i] = static_cast<uint8_t>(26 + i);
  }
  for (uint8_t i = 0; i < 10; ++i) values['0' + i] = static_cast<uint8_t>(52 + i);
  values['+'] = values['-'] = 62;
  values['/'] = values['_'] = 63;
  return values;
}
constexpr std::array<uint8_t, 256> kBase64 = Base64Values();

// In place, since texts are large. False when it is none.
bool DecodeBase64(std::string& text) {
  size_t size = text.size();
  for (int i = 0; i < 2 && size % 4 != 1 && size != 0 && text[size - 1] == '='; ++i) --size;
  const bool is_padded = size != text.size();
  if (size % 4 == 1 || (is_padded && text.size() % 4 != 0)) return false;
  uint32_t bits = 0;
  size_t out = 0;
  for (size_t i = 0; i < size; ++i) {
    const uint8_t value = kBase64[static_cast<uint8_t>(text[i])];
    if (value == kNoDigit) return false;
    bits = bits << 6 | value;
    if (i % 4 != 0) text[out++] = static_cast<char>(bits >> (6 - 2 * (i % 4)) & 0xff);
  }
  text.resize(out);
  return true;
}

// Where in a request a value stands.
enum class At { kNowhere, kRequest, kSeriesList, kSeries, kLabels, kLabel, kSamples, kSample };
enum class Kind { kObject, kArray };

// Where the objects and arrays that are known begin. Members of arrays have no key.
struct Step {
  At from;
  std::string_view key;
  Kind kind;
  At to;
};
constexpr Step kSteps[] = {
    {At::kNowhere, "", Kind::kObject, At::kRequest},
    {At::kRequest, "series", Kind::kArray, At::kSeriesList},
    {At::kSeriesList, "", Kind::kObject, At::kSeries},
    {At::kSeries, "labels", Kind::kArray, At::kLabels},
    {At::kLabels, "", Kind::kObject, At::kLabel},
    {At::kSeries, "samples", Kind::kArray, At::kSamples},
    {At::kSamples, "", Kind::kObject, At::kSample},
};

struct TextField {
  At in;
  std::string_view key;
  protozero::pbf_tag_type number;
  bool is_base64 = false;
};
constexpr TextField kTexts[] = {
    {At::kLabel, "name", 1},
    {At::kLabel, "value", 2},
    {At::kSample, "rawProfile", 1, true},
    {At::kSample, "raw_profile", 1, true},
    {At::kSample, "ID", 2},
};

// nlohmann's interface for events of its parser: false ends the parse. What is read is written at
// once: messages within messages are open until their objects end.
class Reader {
 public:
  using json = nlohmann::json;
  explicit Reader(std::string& out) : request_(out) {}

  std::string error;

  bool start_object(size_t) { return Enter(Kind::kObject); }
  bool start_array(size_t) { return Enter(Kind::kArray); }
  bool end_object() { return Leave(); }
  bool end_array() { return Leave(); }
  bool key(json::string_t& name) {
    if (ignored_depth_ == 0) key_ = name.substr(0, kLongestKey + 1);
    return true;
  }
  bool null() {
    const bool may_lack = ignored_depth_ != 0 || !(IsList() || at() == At::kNowhere);
    return may_lack || Fail("null");
  }
  bool string(json::string_t& text) {
    if (ignored_depth_ != 0) return true;
    const TextField* field = FindText();
    if (field == nullptr) return Scalar("a text");
    if (field->is_base64 && !DecodeBase64(text)) {
      error = fmt::format("{}: no base64", field->key);
      return false;
    }
    entry_->add_bytes(field->number, text);
    return true;
  }
  bool boolean(bool) { return Scalar("a truth value"); }
  bool number_integer(json::number_integer_t) { return Scalar("a number"); }
  bool number_unsigned(json::number_unsigned_t) { return Scalar("a number"); }
  bool number_float(json::number_float_t, const json::string_t&) { return Scalar("a number"); }
  bool binary(json::binary_t&) { return Scalar("bytes"); }
  bool parse_error(size_t position, const std::string&, const json::exception&) {
    error = fmt::format("malformed at byte {}", position);
    return false;
  }

 private:
  static constexpr size_t kLongestKey = 16;  // of those that are known

  At at() const { return path_.empty() ? At::kNowhere : path_.back(); }
  bool IsList() const {
    return at() == At::kSeriesList || at() == At::kLabels || at() == At::kSamples;
  }
  const TextField* FindText() const {
    for (const TextField& field : kTexts) {
      if (field.in == at() && field.key == key_) return &field;
    }
    return nullptr;
  }
  // Whether what the request's place and key say is a field that anneal knows.
  bool IsKnown() const {
    for (const Step& step : kSteps) {
      if (step.from == at() && step.key == key_) return true;
    }
    return FindText() != nullptr || IsList();
  }
  bool Fail(std::string_view found) {
    error = key_.empty() ? fmt::format("{} where an object belongs", found)
                         : fmt::format("field `{}` is {}", key_, found);
    return false;
  }
  bool Scalar(std::string_view found) { return ignored_depth_ != 0 || !IsKnown() || Fail(found); }

  bool Enter(Kind kind) {
    if (ignored_depth_ != 0) return ++ignored_depth_, true;
    for (const Step& step : kSteps) {
      if (step.from != at() || step.key != key_ || step.kind != kind) continue;
      path_.push_back(step.to);
      key_.clear();
      if (step.to == At::kSeries) series_.emplace(request_, 1);
      if (step.to == At::kLabel) entry_.emplace(*series_, 1);
      if (step.to == At::kSample) entry_.emplace(*series_, 2);
      return true;
    }
    if (IsKnown()) return Fail(kind == Kind::kObject ? "an object" : "a list");
    ignored_depth_ = 1;
    return true;
  }
  bool Leave() {
    if (ignored_depth_ != 0) return --ignored_depth_, true;
    if (at() == At::kLabel || at() == At::kSample) entry_.reset();
    if (at() == At::kSeries) series_.reset();
    path_.pop_back();
    key_.clear();
    return true;
  }

  std::vector<At> path_;
  size_t ignored_depth_ = 0;  // within a field that is not known
  std::string key_;           // empty in lists
  protozero::pbf_writer request_;
  std::optional<protozero::pbf_writer> series_, entry_;  // entry_: a label or a sample in series_
};

}  // namespace

Result<std::string> PushJsonToProto(std::string_view json) {
  std::string out;
  std::string error;
  bool ok;
  {
    Reader reader(out);
    ok = nlohmann::json::sax_parse(json.begin(), json.end(), &reader);
    error = std::move(reader.error);
  }
  if (!ok) return InvalidArgument("the body is no JSON push.v1.PushRequest: {}", error);
  return out;
}

}  // namespace anneal
