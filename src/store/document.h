// Documents: what belongs to a service beside its profiles, as bytes that the store does not look
// into. docs/format/store.md, "Documents".
#pragma once

#include <compare>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/status.h"

namespace anneal {

// What names a document. None of the four is empty but `service`.
struct DocumentName {
  std::string tenant, kind, service, id;
  auto operator<=>(const DocumentName&) const = default;
};

inline constexpr size_t kMaxDocumentBytes = size_t{64} << 20;
inline constexpr size_t kMaxDocumentNameBytes = 16'384;  // of each of its parts

// kInvalidArgument says which part is missing or too long.
Status CheckDocumentName(const DocumentName& name);

// Keys in family kMeta, and values with their checksum.
std::string DocumentKey(const DocumentName& name);
// What the keys of a tenant's documents of one kind begin with; with an empty kind or tenant, those
// of all kinds or tenants.
std::string DocumentPrefix(std::string_view tenant, std::string_view kind);
// kDataLoss when it is none.
Result<DocumentName> DecodeDocumentKey(std::string_view key);
std::string EncodeDocument(std::string_view key, std::string_view body);
// The body. kDataLoss, naming the document, when the record is damaged.
Result<std::string> DecodeDocument(std::string_view key, std::string_view value);

}  // namespace anneal
