#include "store/document.h"

#include "store/bytes.h"
#include "store/checksum.h"

namespace anneal {
namespace {

constexpr char kDocumentKey = 'd';  // the format record's key begins with 'f'
constexpr uint8_t kVersion = 1;

}  // namespace

Status CheckDocumentName(const DocumentName& name) {
  struct Part {
    std::string_view what, text;
    bool may_be_empty = false;
  };
  for (const Part& part : {Part{"tenant", name.tenant}, Part{"kind", name.kind},
                           Part{"service", name.service, true}, Part{"id", name.id}}) {
    if (part.text.empty() && !part.may_be_empty) {
      return InvalidArgument("the name of a document has no {}", part.what);
    }
    if (part.text.size() > kMaxDocumentNameBytes) {
      return InvalidArgument("the {} of a document has {} bytes; at most {} are allowed", part.what,
                             part.text.size(), kMaxDocumentNameBytes);
    }
  }
  return {};
}

std::string DocumentPrefix(std::string_view tenant, std::string_view kind) {
  std::string key(1, kDocumentKey);
  if (tenant.empty()) return key;
  PutBytes(key, tenant);
  if (!kind.empty()) PutBytes(key, kind);
  return key;
}

std::string DocumentKey(const DocumentName& name) {
  std::string key = DocumentPrefix(name.tenant, name.kind);
  PutBytes(key, name.service);
  key += name.id;
  return key;
}

Result<DocumentName> DecodeDocumentKey(std::string_view key) {
  if (key.starts_with(kDocumentKey)) {
    ByteReader in(key.substr(1));
    DocumentName name;
    name.tenant = in.Bytes();
    name.kind = in.Bytes();
    name.service = in.Bytes();
    if (in.ok()) name.id = key.substr(key.size() - in.Remaining());
    if (in.ok() && CheckDocumentName(name).ok()) return name;
  }
  return Error(Code::kDataLoss, "this is no document's key");
}

std::string EncodeDocument(std::string_view key, std::string_view body) {
  std::string value(1, static_cast<char>(kVersion));
  value += body;
  AppendChecksum(key, value);
  return value;
}

Result<std::string> DecodeDocument(std::string_view key, std::string_view value) {
  ASSIGN_OR_RETURN(DocumentName name, DecodeDocumentKey(key));
  auto bad = [&](std::string_view what) {
    return Error(Code::kDataLoss, "document {} of kind {}, service {}: {}", name.id, name.kind,
                 name.service, what);
  };
  if (!CheckAndStripChecksum(key, value)) return bad("its checksum does not match");
  if (value.empty() || static_cast<uint8_t>(value[0]) != kVersion) {
    return bad("its version is not known (newer than this?)");
  }
  return std::string(value.substr(1));
}

}  // namespace anneal
