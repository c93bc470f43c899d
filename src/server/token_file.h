// The file of tokens: who may do what, one a line, secrets hashed. docs/guide/auth.md describes it.
//
//   # name:hash:rights[:tenants]
//   ci:$argon2id$v=19$m=19456,t=2,p=1$…$…:write:shop
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace anneal {

enum class Right : uint8_t { kRead = 1, kWrite = 2, kAdmin = 4 };

// A set of rights. None of them brings another along.
class Rights {
 public:
  constexpr void Add(Right right) { bits_ |= static_cast<uint8_t>(right); }
  constexpr bool Has(Right right) const { return (bits_ & static_cast<uint8_t>(right)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  std::vector<std::string_view> Names() const;  // "read", "write", "admin"
  bool operator==(const Rights&) const = default;

 private:
  uint8_t bits_ = 0;
};

std::string_view RightName(Right right);
// "read,write"; kInvalidArgument for an unknown or no right.
Result<Rights> ParseRights(std::string_view text);

struct TokenEntry {
  std::string name;  // letters, digits, - and _; at most 64
  std::string hash;  // as CheckHash takes it
  Rights rights;
  // The tenants it is bound to, sorted; empty: any.
  std::vector<std::string> tenants;

  bool operator==(const TokenEntry&) const = default;
};

// What may stand for tenants in the file when all are meant.
inline constexpr std::string_view kAnyTenant = "*";

// kInvalidArgument with the line of what is wrong; empty lines and those that begin with # are
// skipped. Messages never hold a hash.
Result<std::vector<TokenEntry>> ParseTokenFile(std::string_view text);
// One line of the file, without its end. `tenants` as in the file: "shop", "shop|blog", "*".
Result<TokenEntry> MakeTokenEntry(std::string_view name, std::string_view hash,
                                  std::string_view rights, std::string_view tenants);
std::string FormatTokenLine(const TokenEntry& entry);

}  // namespace anneal
