#include "api/otlp_message.h"

#include <fmt/format.h>

#include <cstring>
#include <span>

#include "profile/wire_reader.h"

namespace anneal {
namespace {

// Views of a table's entries take more room than small entries themselves.
constexpr size_t kMaxTableEntries = size_t{1} << 24;

// Calls `visit(field, reader)` for each field of a message; it returns false for one that cannot
// be.
template <typename Visit>
Status ForEachField(std::string_view name, std::string_view message, Visit&& visit) {
  WireReader reader(message);
  while (!reader.AtEnd()) {
    WireField field;
    if (!reader.ReadField(field)) {
      return InvalidArgument("otlp: {}, byte {}: {}", name, reader.position() - message.data(),
                             WireErrorText(reader.error()));
    }
    if (!visit(field, reader)) {
      return InvalidArgument("otlp: {}: field {} is cut short or of another type", name,
                             field.number);
    }
  }
  return {};
}

bool IsVarint(const WireField& field) { return field.type == WireType::kVarint; }
bool IsBytes(const WireField& field) { return field.type == WireType::kBytes; }

template <typename T>
bool TakeNumber(const WireField& field, T& out) {
  out = static_cast<T>(field.value);
  return IsVarint(field);
}
bool TakeBytes(const WireField& field, std::string_view& out) {
  out = field.bytes;
  return IsBytes(field);
}
// Numbers packed in one field, or one number of several fields.
template <typename T>
bool TakeNumbers(const WireField& field, std::vector<T>& out) {
  if (IsVarint(field)) {
    out.push_back(static_cast<T>(field.value));
    return true;
  }
  if (!IsBytes(field)) return false;
  WireReader packed(field.bytes);
  while (!packed.AtEnd()) {
    uint64_t value = 0;
    if (!packed.ReadVarint(value)) return false;
    out.push_back(static_cast<T>(value));
  }
  return true;
}
bool TakeView(const WireField& field, std::vector<std::string_view>& out) {
  out.push_back(field.bytes);
  return IsBytes(field) && out.size() <= kMaxTableEntries;
}
// fixed64, little-endian as this machine is.
bool TakeFixed(const WireField& field, const WireReader& reader, int64_t& out) {
  if (field.type != WireType::kFixed64) return false;
  std::memcpy(&out, reader.position() - sizeof out, sizeof out);
  return true;
}

Status ReadDictionary(std::string_view bytes, OtlpDictionary& out) {
  std::vector<std::string_view>* const tables[] = {&out.mappings, &out.locations, &out.functions,
                                                   &out.links,    &out.strings,   &out.attributes,
                                                   &out.stacks};
  return ForEachField("dictionary", bytes, [&](const WireField& field, const WireReader&) {
    if (field.number < 1 || field.number > std::size(tables)) return true;
    return TakeView(field, *tables[field.number - 1]);
  });
}

Result<OtlpScope> ReadScope(std::string_view bytes) {
  OtlpScope out;
  TRY(ForEachField("scope_profiles", bytes, [&](const WireField& field, const WireReader&) {
    if (field.number == 1) return TakeBytes(field, out.scope);
    if (field.number == 2) return TakeView(field, out.profiles);
    return true;
  }));
  return out;
}

Result<OtlpResource> ReadResource(std::string_view bytes) {
  OtlpResource out;
  std::vector<std::string_view> scopes;
  TRY(ForEachField("resource_profiles", bytes, [&](const WireField& field, const WireReader&) {
    if (field.number == 1) return TakeBytes(field, out.resource);
    if (field.number == 2) return TakeView(field, scopes);
    return true;
  }));
  for (std::string_view scope : scopes) {
    ASSIGN_OR_RETURN(OtlpScope parsed, ReadScope(scope));
    out.scopes.push_back(std::move(parsed));
  }
  return out;
}

// Fields 2, 3 and 4 of a sample, which are its attributes, link and values, or, in the old layout,
// its values, attributes and link.
struct AmbiguousFields {
  struct Field {
    std::vector<int64_t> numbers;
    bool is_packed = false;
  };
  Field of[3];
  bool has_times = false;
};

Result<AmbiguousFields> ReadAmbiguous(std::string_view sample) {
  AmbiguousFields out;
  TRY(ForEachField("sample", sample, [&](const WireField& field, const WireReader&) {
    out.has_times = out.has_times || field.number == 5;
    if (field.number < 2 || field.number > 4) return true;
    AmbiguousFields::Field& into = out.of[field.number - 2];
    into.is_packed = into.is_packed || IsBytes(field);
    return TakeNumbers(field, into.numbers);
  }));
  return out;
}

// How well a sample fits a layout.
enum class Fit {
  kNot,    // an index that leads nowhere, or neither values nor times
  kOddly,  // lists that are not packed, as few encoders write them
  kWell,
};

Fit FitOf(const AmbiguousFields& sample, OtlpLayout layout, const OtlpDictionary& dictionary) {
  const bool is_old = layout == OtlpLayout::kOld;
  const AmbiguousFields::Field& values = sample.of[is_old ? 0 : 2];
  const AmbiguousFields::Field& attributes = sample.of[is_old ? 1 : 0];
  const AmbiguousFields::Field& link = sample.of[is_old ? 2 : 1];
  auto leads_nowhere = [](int64_t index, size_t size) {
    return index < 0 || static_cast<uint64_t>(index) >= std::max<size_t>(size, 1);
  };
  if (values.numbers.empty() && !sample.has_times) return Fit::kNot;
  if (link.is_packed || link.numbers.size() > 1) return Fit::kNot;
  for (int64_t index : link.numbers) {
    if (leads_nowhere(index, dictionary.links.size())) return Fit::kNot;
  }
  for (int64_t index : attributes.numbers) {
    if (leads_nowhere(index, dictionary.attributes.size())) return Fit::kNot;
  }
  for (const AmbiguousFields::Field* list : {&values, &attributes}) {
    if (!list->numbers.empty() && !list->is_packed) return Fit::kOddly;
  }
  return Fit::kWell;
}

// What one sample shows of the layout it was written in, or nothing: small numbers could be indices
// as well as values. Java's agent does not pack lists of one number.
Result<std::optional<OtlpLayout>> LayoutOf(std::string_view sample,
                                           const OtlpDictionary& dictionary) {
  ASSIGN_OR_RETURN(const AmbiguousFields fields, ReadAmbiguous(sample));
  const Fit current = FitOf(fields, OtlpLayout::kCurrent, dictionary);
  const Fit old = FitOf(fields, OtlpLayout::kOld, dictionary);
  if (current == old) return std::optional<OtlpLayout>();
  return std::optional(current > old ? OtlpLayout::kCurrent : OtlpLayout::kOld);
}

// One exporter wrote all samples, so that the first that tells speaks for all.
Result<OtlpLayout> DetectLayout(const OtlpRequest& request) {
  for (const OtlpResource& resource : request.resources) {
    for (const OtlpScope& scope : resource.scopes) {
      for (std::string_view profile : scope.profiles) {
        // A profile that is broken is refused later, alone.
        Result<OtlpProfileHead> head = ReadOtlpProfile(profile);
        if (!head.ok()) continue;
        for (std::string_view sample : head->samples) {
          auto layout = LayoutOf(sample, request.dictionary);
          if (layout.ok() && *layout) return **layout;
        }
      }
    }
  }
  return OtlpLayout::kCurrent;
}

Result<OtlpValueType> ReadValueType(std::string_view bytes) {
  OtlpValueType out;
  TRY(ForEachField("value type", bytes, [&](const WireField& field, const WireReader&) {
    if (field.number == 1) return TakeNumber(field, out.type);
    if (field.number == 2) return TakeNumber(field, out.unit);
    return true;
  }));
  return out;
}

enum class Within { kNothing, kArray };

Status ReadAnyValue(std::string_view bytes, Within within, OtlpAttribute& out) {
  std::string_view array, text;
  int64_t number = 0;
  uint32_t kind = 0;
  TRY(ForEachField("attribute value", bytes, [&](const WireField& field, const WireReader&) {
    kind = field.number;
    if (kind == 1) return TakeBytes(field, text);
    if (kind == 3) return TakeNumber(field, number);
    if (kind == 5) return TakeBytes(field, array);
    return true;
  }));
  if (kind == 1) out.text = text;
  if (kind == 3) {
    out.number = number;
    out.text = fmt::format("{}", number);
  }
  if (kind != 5 || within == Within::kArray) return {};
  std::vector<std::string_view> values;
  TRY(ForEachField("array", array, [&](const WireField& field, const WireReader&) {
    return field.number != 1 || TakeView(field, values);
  }));
  return values.size() == 1 ? ReadAnyValue(values[0], Within::kArray, out) : Status();
}

Result<OtlpAttribute> ReadKeyValue(std::string_view bytes) {
  OtlpAttribute out;
  std::string_view key, value;
  TRY(ForEachField("attribute", bytes, [&](const WireField& field, const WireReader&) {
    if (field.number == 1) return TakeBytes(field, key);
    if (field.number == 2) return TakeBytes(field, value);
    return true;
  }));
  out.key = key;
  TRY(ReadAnyValue(value, Within::kNothing, out));
  return out;
}

Result<std::vector<OtlpAttribute>> ReadAttributes(std::string_view message, uint32_t number) {
  std::vector<std::string_view> entries;
  TRY(ForEachField("attributes", message, [&](const WireField& field, const WireReader&) {
    return field.number != number || TakeView(field, entries);
  }));
  std::vector<OtlpAttribute> out;
  for (std::string_view entry : entries) {
    ASSIGN_OR_RETURN(OtlpAttribute attribute, ReadKeyValue(entry));
    out.push_back(std::move(attribute));
  }
  return out;
}

std::string Hex(std::string_view bytes) {
  std::string out;
  for (char c : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out;
}

std::string Base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (size_t i = 0; i + 3 <= bytes.size(); i += 3) {
    uint32_t three = 0;
    for (size_t k = 0; k < 3; ++k) three = three << 8 | static_cast<unsigned char>(bytes[i + k]);
    for (int shift = 18; shift >= 0; shift -= 6) out += kDigits[(three >> shift) & 63];
  }
  return out;
}

// An id of `size` bytes in hex; one that was hex digits taken for base64 has half as many again.
std::string IdText(std::string_view bytes, size_t size) {
  std::string hex = Hex(bytes);
  if (bytes.size() == size * 3 / 2) {
    hex = Base64(bytes);
    for (char& c : hex) {
      if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
    }
  }
  bool is_id = hex.size() == 2 * size &&
               hex.find_first_not_of("0123456789abcdef") == std::string::npos &&
               hex.find_first_not_of('0') != std::string::npos;
  return is_id ? hex : std::string();
}

// The messages in `message`, and in those that `path`, field by field, leads to.
size_t CountFields(std::string_view message, std::span<const uint32_t> path) {
  size_t count = 0;
  WireReader reader(message);
  WireField field;
  while (!reader.AtEnd() && reader.ReadField(field)) {
    if (!IsBytes(field)) continue;
    ++count;
    if (!path.empty() && field.number == path[0])
      count += CountFields(field.bytes, path.subspan(1));
  }
  return count;
}

}  // namespace

size_t CountOtlpViews(std::string_view request) {
  constexpr uint32_t kDictionary[] = {2}, kProfiles[] = {1, 2, 2};
  return CountFields(request, kDictionary) + CountFields(request, kProfiles);
}

Result<OtlpRequest> ReadOtlpRequest(std::string_view bytes, std::optional<OtlpLayout> layout) {
  OtlpRequest out;
  std::vector<std::string_view> resources, dictionaries;
  TRY(ForEachField("request", bytes, [&](const WireField& field, const WireReader&) {
    if (field.number == 1) return TakeView(field, resources);
    if (field.number == 2) return TakeView(field, dictionaries);
    return true;
  }));
  if (resources.empty()) return InvalidArgument("otlp: the request has no resource_profiles");
  if (dictionaries.empty()) return InvalidArgument("otlp: the request has no dictionary");
  for (std::string_view dictionary : dictionaries) TRY(ReadDictionary(dictionary, out.dictionary));
  for (std::string_view resource : resources) {
    ASSIGN_OR_RETURN(OtlpResource parsed, ReadResource(resource));
    out.resources.push_back(std::move(parsed));
  }
  if (layout) {
    out.layout = *layout;
  } else {
    ASSIGN_OR_RETURN(out.layout, DetectLayout(out));
  }
  return out;
}

Result<OtlpProfileHead> ReadOtlpProfile(std::string_view bytes) {
  OtlpProfileHead out;
  std::string_view sample_type, period_type;
  TRY(ForEachField("profile", bytes, [&](const WireField& field, const WireReader& reader) {
    switch (field.number) {
      case 1:
        return TakeBytes(field, sample_type);
      case 2:
        return TakeView(field, out.samples);
      case 3:
        return TakeFixed(field, reader, out.time_ns);
      case 4:
        return TakeNumber(field, out.duration_ns);
      case 5:
        return TakeBytes(field, period_type);
      case 6:
        return TakeNumber(field, out.period);
      default:
        return true;
    }
  }));
  ASSIGN_OR_RETURN(out.sample_type, ReadValueType(sample_type));
  ASSIGN_OR_RETURN(out.period_type, ReadValueType(period_type));
  return out;
}

Result<OtlpSample> ReadOtlpSample(std::string_view bytes, OtlpLayout layout) {
  const bool is_old = layout == OtlpLayout::kOld;
  const uint32_t values = is_old ? 2 : 4, attributes = is_old ? 3 : 2, link = is_old ? 4 : 3;
  OtlpSample out;
  TRY(ForEachField("sample", bytes, [&](const WireField& field, const WireReader&) {
    if (field.number == 1) return TakeNumber(field, out.stack);
    if (field.number == values) return TakeNumbers(field, out.values);
    if (field.number == attributes) return TakeNumbers(field, out.attributes);
    if (field.number == link) return TakeNumber(field, out.link);
    if (field.number != 5) return true;
    out.timestamps += IsBytes(field) ? field.bytes.size() / 8 : 1;
    return IsBytes(field) || field.type == WireType::kFixed64;
  }));
  return out;
}

Result<std::vector<uint64_t>> ReadOtlpStack(std::string_view bytes) {
  std::vector<uint64_t> out;
  TRY(ForEachField("stack", bytes, [&](const WireField& field, const WireReader&) {
    return field.number != 1 || TakeNumbers(field, out);
  }));
  return out;
}

Result<OtlpLocation> ReadOtlpLocation(std::string_view bytes) {
  OtlpLocation out;
  std::vector<std::string_view> lines;
  TRY(ForEachField("location", bytes, [&](const WireField& field, const WireReader&) {
    if (field.number == 1) return TakeNumber(field, out.mapping);
    if (field.number == 2) return TakeNumber(field, out.address);
    if (field.number == 3) return TakeView(field, lines);
    return true;
  }));
  for (std::string_view line : lines) {
    OtlpLine& parsed = out.lines.emplace_back();
    TRY(ForEachField("line", line, [&](const WireField& field, const WireReader&) {
      if (field.number == 1) return TakeNumber(field, parsed.function);
      if (field.number == 2) return TakeNumber(field, parsed.line);
      if (field.number == 3) return TakeNumber(field, parsed.column);
      return true;
    }));
  }
  return out;
}

Result<OtlpMapping> ReadOtlpMapping(std::string_view bytes) {
  OtlpMapping out;
  uint64_t* const numbers[] = {&out.start, &out.limit, &out.offset, &out.file};
  TRY(ForEachField("mapping", bytes, [&](const WireField& field, const WireReader&) {
    if (field.number <= 4) return TakeNumber(field, *numbers[field.number - 1]);
    return field.number != 5 || TakeNumbers(field, out.attributes);
  }));
  return out;
}

Result<OtlpFunction> ReadOtlpFunction(std::string_view bytes) {
  OtlpFunction out;
  TRY(ForEachField("function", bytes, [&](const WireField& field, const WireReader&) {
    if (field.number == 1) return TakeNumber(field, out.name);
    if (field.number == 2) return TakeNumber(field, out.system_name);
    if (field.number == 3) return TakeNumber(field, out.file);
    if (field.number == 4) return TakeNumber(field, out.start_line);
    return true;
  }));
  return out;
}

Result<OtlpAttribute> ReadOtlpAttribute(std::string_view bytes) {
  OtlpAttribute out;
  std::string_view value;
  TRY(ForEachField("attribute", bytes, [&](const WireField& field, const WireReader&) {
    if (field.number == 1) return TakeNumber(field, out.key_index);
    if (field.number == 2) return TakeBytes(field, value);
    return true;
  }));
  TRY(ReadAnyValue(value, Within::kNothing, out));
  return out;
}

Result<OtlpLink> ReadOtlpLink(std::string_view bytes) {
  std::string_view trace_id, span_id;
  TRY(ForEachField("link", bytes, [&](const WireField& field, const WireReader&) {
    if (field.number == 1) return TakeBytes(field, trace_id);
    if (field.number == 2) return TakeBytes(field, span_id);
    return true;
  }));
  return OtlpLink{IdText(trace_id, 16), IdText(span_id, 8)};
}

Result<std::vector<OtlpAttribute>> ReadResourceAttributes(std::string_view resource) {
  return ReadAttributes(resource, 1);
}

Result<std::vector<OtlpAttribute>> ReadScopeAttributes(std::string_view scope) {
  return ReadAttributes(scope, 3);
}

}  // namespace anneal
