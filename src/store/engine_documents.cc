// Documents in the embedded engine. They are few and written rarely, so a write takes the gate
// alone and syncs by itself rather than join the commit queue.
#include <algorithm>

#include "store/engine.h"
#include "store/keys.h"

namespace anneal {

Status EmbeddedStore::WriteDocument(absl::FunctionRef<void(KvBatch&)> change) {
  if (queue_ == nullptr) {
    return Error(Code::kFailedPrecondition, "the store in {} is open for reading only",
                 options_.directory);
  }
  TRY(Recover());
  WriterLock gate(gate_);
  if (down_) return Status(Code::kUnavailable, down_cause_.message());
  // Nobody enqueues now; a failed write below must not take others' records with it.
  TRY(queue_->Drain());
  KvBatch batch(*kv_);
  change(batch);
  Status written = kv_->Write(batch);
  if (!written.ok()) {
    partitions_.Clear();
    down_ = true;
    down_cause_ = written;
  }
  return written;
}

Status EmbeddedStore::PutDocument(const DocumentName& name, std::string_view body) {
  TRY(CheckDocumentName(name));
  if (body.size() > kMaxDocumentBytes) {
    return Error(Code::kResourceExhausted, "document {} has {} bytes; at most {} are allowed",
                 name.id, body.size(), kMaxDocumentBytes);
  }
  const std::string key = DocumentKey(name);
  return WriteDocument(
      [&](KvBatch& batch) { batch.Put(Family::kMeta, key, EncodeDocument(key, body)); });
}

Status EmbeddedStore::DeleteDocument(const DocumentName& name) {
  TRY(CheckDocumentName(name));
  return WriteDocument([&](KvBatch& batch) { batch.Delete(Family::kMeta, DocumentKey(name)); });
}

Result<std::string> EmbeddedStore::GetDocument(const DocumentName& name) {
  TRY(CheckDocumentName(name));
  const std::string key = DocumentKey(name);
  ReaderLock ground(ground_);
  Result<std::string> value = kv_->Get(Family::kMeta, key);
  if (value.ok()) return DecodeDocument(key, *value);
  if (value.status().code() != Code::kNotFound) return value.status();
  return Error(Code::kNotFound, "there is no {} {} of service {}", name.kind, name.id,
               name.service);
}

Result<std::vector<DocumentInfo>> EmbeddedStore::Documents(std::string_view tenant,
                                                           std::string_view kind) {
  const std::string begin = DocumentPrefix(tenant, kind), end = PrefixEnd(begin);
  ReaderLock ground(ground_);
  ASSIGN_OR_RETURN(KvCursor cursor, kv_->Cursor(Family::kMeta, begin, end));
  std::vector<DocumentInfo> documents;
  for (cursor.Seek(begin); cursor.Valid() && cursor.key() < end; cursor.Next()) {
    ASSIGN_OR_RETURN(DocumentName name, DecodeDocumentKey(cursor.key()));
    if (!kind.empty() && name.kind != kind) continue;
    documents.push_back({std::move(name), cursor.value().size()});
  }
  TRY(cursor.status());
  std::ranges::sort(documents, {}, &DocumentInfo::name);
  return documents;
}

}  // namespace anneal
