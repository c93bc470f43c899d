#include "server/token_file.h"

#include <algorithm>

#include "api/tenant.h"
#include "server/secret_hash.h"

namespace anneal {
namespace {

constexpr size_t kMaxNameBytes = 64;
constexpr Right kAllRights[] = {Right::kRead, Right::kWrite, Right::kAdmin};

std::string_view Trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin);
}

std::string_view TakeUntil(std::string_view& rest, char separator) {
  const size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

bool IsTokenName(std::string_view name) {
  for (char c : name) {
    const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '_';
    if (!word) return false;
  }
  return !name.empty() && name.size() <= kMaxNameBytes;
}

Result<TokenEntry> ParseLine(std::string_view line) {
  const size_t fields = static_cast<size_t>(std::count(line.begin(), line.end(), ':')) + 1;
  if (fields != 3 && fields != 4) {
    return InvalidArgument("{} fields; a line is NAME:HASH:RIGHTS or NAME:HASH:RIGHTS:TENANTS",
                           fields);
  }
  const std::string_view name = TakeUntil(line, ':'), hash = TakeUntil(line, ':'),
                         rights = TakeUntil(line, ':');
  return MakeTokenEntry(name, hash, rights, fields == 4 ? line : kAnonymousTenant);
}

}  // namespace

std::string_view RightName(Right right) {
  switch (right) {
    case Right::kRead:
      return "read";
    case Right::kWrite:
      return "write";
    case Right::kAdmin:
      return "admin";
  }
  return "none";
}

std::vector<std::string_view> Rights::Names() const {
  std::vector<std::string_view> names;
  for (Right right : kAllRights) {
    if (Has(right)) names.push_back(RightName(right));
  }
  return names;
}

Result<Rights> ParseRights(std::string_view text) {
  Rights rights;
  while (!text.empty()) {
    const std::string_view word = Trim(TakeUntil(text, ','));
    const auto* right = std::find_if(std::begin(kAllRights), std::end(kAllRights),
                                     [&](Right r) { return RightName(r) == word; });
    if (right == std::end(kAllRights)) {
      return InvalidArgument("right \"{}\" is none of read, write, admin", word);
    }
    rights.Add(*right);
  }
  if (rights.empty()) return InvalidArgument("no rights: give some of read, write, admin");
  return rights;
}

Result<TokenEntry> MakeTokenEntry(std::string_view name, std::string_view hash,
                                  std::string_view rights, std::string_view tenants) {
  TokenEntry entry;
  if (!IsTokenName(name)) {
    // What stands in the wrong place may be a secret: it is not repeated.
    return InvalidArgument("a token's name has 1 to {} letters, digits, - or _", kMaxNameBytes);
  }
  entry.name = std::string(name);
  TRY(CheckHash(hash).Annotate(entry.name));
  entry.hash = std::string(hash);
  const Result<Rights> parsed = ParseRights(rights);
  if (!parsed.ok()) return parsed.status().Annotate(entry.name);
  entry.rights = *parsed;
  if (Trim(tenants) == kAnyTenant) return entry;
  Result<std::vector<std::string>> names = ParseTenants(Trim(tenants));
  if (!names.ok()) return names.status().Annotate(entry.name);
  entry.tenants = std::move(names).value();
  return entry;
}

Result<std::vector<TokenEntry>> ParseTokenFile(std::string_view text) {
  std::vector<TokenEntry> entries;
  for (int number = 1; !text.empty(); ++number) {
    const std::string_view line = Trim(TakeUntil(text, '\n'));
    if (line.empty() || line.starts_with('#')) continue;
    Result<TokenEntry> entry = ParseLine(line);
    if (!entry.ok()) return entry.status().Annotate(fmt::format("line {}", number));
    for (const TokenEntry& other : entries) {
      if (other.name != entry->name) continue;
      return InvalidArgument("line {}: {} is there twice", number, entry->name);
    }
    entries.push_back(std::move(entry).value());
  }
  return entries;
}

std::string FormatTokenLine(const TokenEntry& entry) {
  return fmt::format("{}:{}:{}:{}", entry.name, entry.hash, fmt::join(entry.rights.Names(), ","),
                     entry.tenants.empty() ? std::string(kAnyTenant)
                                           : fmt::format("{}", fmt::join(entry.tenants, "|")));
}

}  // namespace anneal
