#include "api/otlp_symbols.h"

#include "profile/utf8.h"

namespace anneal {
namespace {

constexpr std::string_view kBuildId = "process.executable.build_id.gnu";

}  // namespace

Result<std::string_view> OtlpEntry(const std::vector<std::string_view>& table, uint64_t index,
                                   std::string_view name) {
  if (index < table.size()) return table[index];
  return InvalidArgument("otlp: index {} of {}, which has {} entries", index, name, table.size());
}

Result<std::string_view> OtlpEntryOrNone(const std::vector<std::string_view>& table, uint64_t index,
                                         std::string_view name) {
  if (index == 0 && table.empty()) return std::string_view();
  return OtlpEntry(table, index, name);
}

template <typename Id, typename Add>
Result<Id> OtlpSymbols::Place(absl::flat_hash_map<uint64_t, Id>& places, uint64_t index,
                              const std::vector<std::string_view>& table, std::string_view name,
                              Add add) {
  auto known = places.find(index);
  if (known != places.end()) return known->second;
  ASSIGN_OR_RETURN(std::string_view bytes, OtlpEntry(table, index, name));
  ASSIGN_OR_RETURN(Id id, add(bytes));
  places.emplace(index, id);
  return id;
}

StringId OtlpSymbols::Text(std::string_view text) {
  if (text.empty()) return StringId::kEmpty;
  auto [it, is_new] = texts_.try_emplace(std::string(text));
  if (is_new) it->second = profile_.strings.Append(text);
  return it->second;
}

Result<StringId> OtlpSymbols::String(uint64_t index) {
  auto [it, is_new] = strings_.try_emplace(index);
  if (!is_new) return it->second;
  ASSIGN_OR_RETURN(std::string_view text,
                   OtlpEntryOrNone(dictionary_.strings, index, "string_table"));
  if (ValidUtf8Prefix(text) != text.size()) {
    return InvalidArgument("otlp: string {} is not UTF-8", index);
  }
  it->second = text.empty() ? StringId::kEmpty : profile_.strings.Append(text);
  return it->second;
}

Result<MappingId> OtlpSymbols::Mapping(uint64_t index) {
  auto [it, is_new] = mappings_.try_emplace(index, MappingId::kNone);
  if (!is_new) return it->second;
  ASSIGN_OR_RETURN(std::string_view bytes,
                   OtlpEntryOrNone(dictionary_.mappings, index, "mapping_table"));
  if (index == 0 && bytes.empty()) return MappingId::kNone;
  ASSIGN_OR_RETURN(OtlpMapping mapping, ReadOtlpMapping(bytes));
  anneal::Mapping out{.start = mapping.start, .limit = mapping.limit, .offset = mapping.offset};
  ASSIGN_OR_RETURN(out.file, String(mapping.file));
  for (uint64_t attribute : mapping.attributes) {
    ASSIGN_OR_RETURN(std::string_view entry,
                     OtlpEntry(dictionary_.attributes, attribute, "attribute_table"));
    ASSIGN_OR_RETURN(OtlpAttribute parsed, ReadOtlpAttribute(entry));
    ASSIGN_OR_RETURN(StringId key, String(parsed.key_index));
    if (profile_.Text(key) == kBuildId && parsed.text) {
      if (ValidUtf8Prefix(*parsed.text) != parsed.text->size()) {
        return InvalidArgument("otlp: attribute {} is not UTF-8", attribute);
      }
      out.build_id = Text(*parsed.text);
    }
  }
  it->second = static_cast<MappingId>(profile_.mappings.size());
  profile_.mappings.push_back(out);
  return it->second;
}

Result<FunctionId> OtlpSymbols::Function(uint64_t index) {
  return Place(functions_, index, dictionary_.functions, "function_table",
               [this](std::string_view bytes) { return AddFunction(bytes); });
}

Result<LocationId> OtlpSymbols::Location(uint64_t index) {
  return Place(locations_, index, dictionary_.locations, "location_table",
               [this](std::string_view bytes) { return AddLocation(bytes); });
}

Result<FunctionId> OtlpSymbols::AddFunction(std::string_view bytes) {
  ASSIGN_OR_RETURN(OtlpFunction function, ReadOtlpFunction(bytes));
  anneal::Function out{.start_line = function.start_line};
  ASSIGN_OR_RETURN(out.name, String(function.name));
  ASSIGN_OR_RETURN(out.system_name, String(function.system_name));
  ASSIGN_OR_RETURN(out.file, String(function.file));
  profile_.functions.push_back(out);
  return static_cast<FunctionId>(profile_.functions.size() - 1);
}

Result<LocationId> OtlpSymbols::AddLocation(std::string_view bytes) {
  ASSIGN_OR_RETURN(OtlpLocation location, ReadOtlpLocation(bytes));
  anneal::Location out{.address = location.address};
  ASSIGN_OR_RETURN(out.mapping, Mapping(location.mapping));
  out.lines_begin = static_cast<uint32_t>(profile_.lines.size());
  for (const OtlpLine& line : location.lines) {
    Line parsed{.line = line.line, .column = line.column};
    ASSIGN_OR_RETURN(parsed.function, Function(line.function));
    profile_.lines.push_back(parsed);
  }
  out.lines_end = static_cast<uint32_t>(profile_.lines.size());
  profile_.locations.push_back(out);
  return static_cast<LocationId>(profile_.locations.size() - 1);
}

void OtlpSymbols::Finish() {
  std::vector<bool> is_bare(profile_.mappings.size());
  for (anneal::Location& location : profile_.locations) {
    const bool has_lines = location.lines_begin != location.lines_end;
    if (location.mapping == MappingId::kNone) {
      // Of interpreted frames: an offset into code that differs from process to process.
      if (has_lines) location.address = 0;
    } else if (has_lines) {
      profile_.mappings[Index(location.mapping)].has_functions = true;
    } else {
      is_bare[Index(location.mapping)] = true;
    }
  }
  for (size_t i = 0; i < is_bare.size(); ++i) {
    if (is_bare[i]) profile_.mappings[i].has_functions = false;
  }
}

}  // namespace anneal
