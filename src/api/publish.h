// Published records: what one turn of the loop made, decided and measured for a service, as
// `anneal loop` and `anneal verify --publish` send it. docs/format/publish.md has the schema.
//
// A record is three documents of the store with one id: the artefact as bytes, the record, and a
// summary, which lists are made of. The summary is written last and deleted first, so that what is
// listed is whole.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "net/http.h"
#include "store/store.h"

namespace anneal {

inline constexpr int kPublishVersion = 1;

// A record read and checked, in the parts that are stored.
struct PublishedRecord {
  std::string service;
  std::string id;                  // sorts by time: "20261128T013000Z-1a2b3c4d"
  std::string artefact;            // the bytes; empty when none was sent
  nlohmann::ordered_json record;   // as sent, with the id, without the artefact's bytes
  nlohmann::ordered_json summary;  // of it what a list shows
};

// Equal texts give equal ids. kInvalidArgument names the field that is wrong; kUnimplemented for a
// newer version. `memory`: for what is made of the text; null: unbounded.
Result<PublishedRecord> ParsePublished(std::string_view json, RequestMemory* memory = nullptr);

// Stores a record; of one service the newest `keep` stay (0: all). kInvalidArgument when it would
// not be one of them, or the tenant stands for several.
Status StorePublished(Store& store, std::string_view tenant, const PublishedRecord& published,
                      size_t keep);

// The tenant's summaries, by service, each service's newest first; of one service or (empty) all.
Result<std::vector<nlohmann::ordered_json>> PublishedSummaries(Store& store,
                                                               std::string_view tenant,
                                                               std::string_view service);
// kNotFound when there is no such record, or it has no artefact.
Result<nlohmann::ordered_json> LoadPublished(Store& store, std::string_view tenant,
                                             std::string_view service, std::string_view id);
Result<std::string> LoadPublishedArtefact(Store& store, std::string_view tenant,
                                          std::string_view service, std::string_view id);

// Deletes a record and its artefact. kNotFound when there is none, kInvalidArgument when the tenant
// stands for several.
Status DeletePublishedRecord(Store& store, std::string_view tenant, std::string_view service,
                             std::string_view id);

// {"gained":[…],"lost":[…],"kept":n}: the compiler's decisions of `to` against those of `from`.
nlohmann::ordered_json DiffPublishedDecisions(const nlohmann::ordered_json& from,
                                              const nlohmann::ordered_json& to);

}  // namespace anneal
