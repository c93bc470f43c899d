#include "store/document_export.h"

#include "store/bytes.h"
#include "store/checksum.h"

namespace anneal {
namespace {

constexpr std::string_view kMagic = "anneal documents 1\n";
constexpr uint64_t kMaxRecordBytes = kMaxDocumentBytes + (size_t{1} << 20);

std::string EncodeRecord(const DocumentName& name, std::string_view document) {
  std::string body;
  PutBytes(body, name.tenant);
  PutBytes(body, name.kind);
  PutBytes(body, name.service);
  PutBytes(body, name.id);
  PutBytes(body, document);
  AppendChecksum({}, body);
  return body;
}

Status PutRecord(Store& store, std::string_view body, uint64_t number) {
  auto bad = [&](std::string_view what) {
    return Error(Code::kDataLoss, "document {}: {}", number, what);
  };
  if (!CheckAndStripChecksum({}, body)) return bad("its checksum does not match");
  ByteReader in(body);
  DocumentName name;
  name.tenant = in.Bytes();
  name.kind = in.Bytes();
  name.service = in.Bytes();
  name.id = in.Bytes();
  std::string_view document = in.Bytes();
  if (!in.ok() || !in.AtEnd()) return bad("it does not decode");
  return store.PutDocument(name, document).Annotate(fmt::format("document {}", number));
}

// False when the stream ends in it.
bool ReadVarint(std::istream& in, uint64_t& value, uint64_t& bytes) {
  std::string text;
  do {
    int byte = in.get();
    if (byte == std::istream::traits_type::eof() || text.size() == 10) return false;
    ++bytes;
    text.push_back(static_cast<char>(byte));
  } while (static_cast<uint8_t>(text.back()) >= 0x80);
  ByteReader reader(text);
  value = reader.Varint();
  return reader.ok();
}

}  // namespace

Result<DocumentCounts> ExportDocuments(Store& store, std::span<const std::string> tenants,
                                       std::ostream& out) {
  DocumentCounts counts;
  auto write = [&](std::string_view bytes) {
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    counts.bytes += bytes.size();
  };
  for (const std::string& tenant : tenants) {
    ASSIGN_OR_RETURN(std::vector<DocumentInfo> documents, store.Documents(tenant, {}));
    for (const DocumentInfo& info : documents) {
      ASSIGN_OR_RETURN(std::string document, store.GetDocument(info.name));
      if (counts.documents++ == 0) write(kMagic);
      std::string body = EncodeRecord(info.name, document), size;
      PutVarint(size, body.size());
      write(size);
      write(body);
      if (!out.good()) return Error(Code::kUnavailable, "the export could not be written");
    }
  }
  if (counts.documents == 0) return counts;
  std::string end;
  PutVarint(end, 0);
  PutVarint(end, counts.documents);
  write(end);
  out.flush();
  if (!out.good()) return Error(Code::kUnavailable, "the export could not be written");
  return counts;
}

Result<DocumentCounts> ImportDocuments(Store& store, std::istream& in) {
  DocumentCounts counts;
  auto cut_off = [&] {
    return Error(Code::kDataLoss, "the export is cut off in document {}", counts.documents + 1);
  };
  std::string magic(kMagic.size(), '\0');
  in.read(magic.data(), static_cast<std::streamsize>(magic.size()));
  if (in.gcount() == 0) return counts;
  if (static_cast<size_t>(in.gcount()) != magic.size() || magic != kMagic) {
    return Error(Code::kDataLoss, "what follows the profiles is not known (newer than this?)");
  }
  counts.bytes = magic.size();
  for (std::string body;;) {
    uint64_t size = 0;
    if (!ReadVarint(in, size, counts.bytes) || size > kMaxRecordBytes) return cut_off();
    if (size == 0) {
      uint64_t count = 0;
      if (!ReadVarint(in, count, counts.bytes)) return cut_off();
      if (count == counts.documents) return counts;
      return Error(Code::kDataLoss, "the export ends after {} documents, it says {}",
                   counts.documents, count);
    }
    body.resize(size);
    in.read(body.data(), static_cast<std::streamsize>(size));
    counts.bytes += static_cast<uint64_t>(in.gcount());
    if (static_cast<uint64_t>(in.gcount()) != size) return cut_off();
    TRY(PutRecord(store, body, counts.documents + 1));
    ++counts.documents;
  }
}

}  // namespace anneal
