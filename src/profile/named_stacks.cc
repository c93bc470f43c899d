#include "profile/named_stacks.h"

#include "profile/merge.h"

namespace anneal {

NamedStacks::NamedStacks(std::string_view type, std::string_view unit) {
  profile_.sample_types.push_back({profile_.strings.Append(type), profile_.strings.Append(unit)});
  profile_.period_type = profile_.sample_types[0];
}

StringId NamedStacks::FileId(std::string_view file) {
  if (file.empty()) return StringId::kEmpty;
  auto next = static_cast<uint32_t>(file_ids_.size());
  uint32_t found = files_.FindOrInsert(HashText(file), next, [&](uint32_t position) {
    return profile_.Text(file_ids_[position]) == file;
  });
  if (found == next) file_ids_.push_back(profile_.strings.Append(file));
  return file_ids_[found];
}

LocationId NamedStacks::Frame(std::string_view name, std::string_view file, int64_t line) {
  auto next = static_cast<uint32_t>(profile_.locations.size());
  uint64_t hash = HashText(name);
  if (!file.empty() || line != 0) {
    hash = MixHash(MixHash(hash, HashText(file)), static_cast<uint64_t>(line));
  }
  uint32_t found = frames_.FindOrInsert(hash, next, [&](uint32_t position) {
    const Line& known = profile_.lines[position];
    const Function& function = profile_.functions[Index(known.function)];
    return known.line == line && profile_.Text(function.name) == name &&
           profile_.Text(function.file) == file;
  });
  if (found == next) {  // line, function and location share one position
    StringId text = profile_.strings.Append(name);
    profile_.functions.push_back({text, text, FileId(file), 0});
    profile_.lines.push_back({static_cast<FunctionId>(next), line, 0});
    profile_.locations.push_back({MappingId::kNone, 0, next, next + 1, false});
  }
  return static_cast<LocationId>(found);
}

void NamedStacks::EndStack(int64_t value) {
  profile_.stack_ends.push_back(static_cast<uint32_t>(profile_.sample_locations.size()));
  profile_.sample_values.push_back(value);
}

Profile NamedStacks::Finish() {
  Profile out = Canonical(profile_);
  profile_ = {};
  return out;
}

}  // namespace anneal
