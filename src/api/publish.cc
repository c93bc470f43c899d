#include "api/publish.h"

#include <absl/strings/escaping.h>
#include <absl/time/time.h>

#include <algorithm>
#include <set>

#include "api/decisions_json.h"
#include "api/tenant.h"
#include "base/sha256.h"
#include "pgo/decisions.h"

namespace anneal {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kRecordKind = "pgo-record";
constexpr std::string_view kSummaryKind = "pgo-summary";
constexpr std::string_view kArtefactKind = "pgo-artefact";
// Deeper than any field of ours, far from what would exhaust the stack.
constexpr size_t kMaxDepth = 32;
// Each field of an object is looked for among those before it. Ours have some twenty.
constexpr size_t kMaxFields = 1000;

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Reads JSON without building it, and counts what building it takes: three bytes of text may be a
// value of eighty.
class JsonMeter final : public nlohmann::json_sax<Json> {
 public:
  // Why the text is refused.
  Status status;
  // Bytes in memory, at the worst while they are built.
  size_t bytes = 0;

  bool null() override { return Value(); }
  bool boolean(bool) override { return Value(); }
  bool number_integer(int64_t) override { return Value(); }
  bool number_unsigned(uint64_t) override { return Value(); }
  bool number_float(double, const std::string&) override { return Value(); }
  bool string(std::string& text) override { return Value(kNode + text.size()); }
  bool binary(Json::binary_t& data) override { return Value(kNode + data.size()); }
  bool start_object(size_t) override { return Open(); }
  bool end_object() override { return Close(); }
  bool start_array(size_t) override { return Open(); }
  bool end_array() override { return Close(); }
  bool key(std::string& name) override {
    bytes += kGrowing * sizeof(Json::object_t::value_type) + name.size();
    if (++fields_.back() <= kMaxFields) return true;
    status = InvalidArgument("an object of the record has more than {} fields", kMaxFields);
    return false;
  }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception&) override {
    status = InvalidArgument("the record is no JSON");
    return false;
  }

 private:
  static constexpr size_t kNode = 48;    // an allocation with a string's or vector's head
  static constexpr size_t kGrowing = 3;  // a vector that grows is there twice, once with room

  bool Value(size_t more = 0) {
    bytes += kGrowing * sizeof(Json) + more;
    return true;
  }
  bool Open() {
    Value(kNode);
    fields_.push_back(0);
    if (fields_.size() <= kMaxDepth) return true;
    status = InvalidArgument("the record is nested more than {} deep", kMaxDepth);
    return false;
  }
  bool Close() {
    fields_.pop_back();
    return true;
  }

  std::vector<size_t> fields_;  // of the objects and arrays around, from the outermost
};

Result<Json> ParseJson(std::string_view text, RequestMemory* memory) {
  JsonMeter meter;
  Json::sax_parse(text, &meter);
  TRY(meter.status);
  // Beside it stand, as text, what is stored and the artefact's bytes.
  if (memory != nullptr) TRY(memory->Claim(meter.bytes + 2 * text.size()));
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return InvalidArgument("the record is no JSON");
  if (!json.is_object()) return InvalidArgument("the record is no JSON object");
  return json;
}

const Json* Find(const Json& json, std::string_view name) {
  if (!json.is_object()) return nullptr;
  auto found = json.find(name);
  return found == json.end() || found->is_null() ? nullptr : &*found;
}

std::string TextOf(const Json& json, std::string_view name) {
  const Json* field = Find(json, name);
  return field != nullptr && field->is_string() ? field->get<std::string>() : std::string();
}

struct FieldType {
  std::string_view name;
  Json::value_t type;
};
// Those that the server reads or the page relies on; whatever else is sent is kept as it is.
constexpr FieldType kFields[] = {
    {"toolchain", Json::value_t::string}, {"tool_version", Json::value_t::string},
    {"kept", Json::value_t::boolean},     {"reason", Json::value_t::string},
    {"artefact", Json::value_t::object},  {"builds", Json::value_t::object},
    {"compiler", Json::value_t::object},  {"decisions", Json::value_t::array},
    {"edges", Json::value_t::array},      {"verdict", Json::value_t::object},
    {"commands", Json::value_t::object},
};

Status CheckFields(const Json& json) {
  if (TextOf(json, "format") != "anneal-publish") {
    return InvalidArgument(
        "format is not \"anneal-publish\"; docs/format/publish.md has the schema");
  }
  const Json* version = Find(json, "version");
  if (version == nullptr || !version->is_number_integer()) {
    return InvalidArgument("version is missing");
  }
  if (version->get<int64_t>() != kPublishVersion) {
    return Error(Code::kUnimplemented, "version {} is not known; this server reads {}",
                 version->get<int64_t>(), kPublishVersion);
  }
  if (TextOf(json, "service").empty()) return InvalidArgument("service is missing");
  const Json* time = Find(json, "time_unix_ns");
  if (time == nullptr || !time->is_number_integer() || time->get<int64_t>() <= 0) {
    return InvalidArgument("time_unix_ns must be a time in nanoseconds since 1970");
  }
  for (const FieldType& row : kFields) {
    const Json* field = Find(json, row.name);
    if (field != nullptr && field->type() != row.type) {
      return InvalidArgument("{} is a {}", row.name, field->type_name());
    }
  }
  if (Find(json, "artefact") == nullptr && Find(json, "verdict") == nullptr) {
    return InvalidArgument("there is neither an artefact nor a verdict in it");
  }
  for (std::string_view list : {"decisions", "edges"}) {
    const Json* rows = Find(json, list);
    if (rows == nullptr) continue;
    for (const Json& row : *rows) {
      if (!row.is_object()) return InvalidArgument("{} has an element that is no object", list);
    }
  }
  return {};
}

// Takes the bytes out of the record's artefact, and makes its hash and size what they are.
Status TakeArtefact(Json& json, std::string& bytes) {
  auto artefact = json.find("artefact");
  if (artefact == json.end() || !artefact->is_object()) return {};
  auto data = artefact->find("data");
  if (data == artefact->end()) return {};
  if (!data->is_string() || !absl::Base64Unescape(data->get_ref<const std::string&>(), &bytes)) {
    return InvalidArgument("artefact.data is no base64");
  }
  artefact->erase(data);
  std::string sha256 = Sha256Hex(bytes);
  std::string told = TextOf(*artefact, "sha256");
  if (!told.empty() && told != sha256) {
    return InvalidArgument("artefact.data has the SHA-256 {}, artefact.sha256 says {}", sha256,
                           told.substr(0, 64));
  }
  (*artefact)["sha256"] = sha256;
  (*artefact)["bytes"] = bytes.size();
  return {};
}

std::string MakeId(int64_t time_ns, std::string_view text) {
  std::string time =
      absl::FormatTime("%Y%m%dT%H%M%SZ", absl::FromUnixNanos(time_ns), absl::UTCTimeZone());
  return fmt::format("{}-{}", time, Sha256Hex(text).substr(0, 12));
}

Json Summarise(const Json& record) {
  Json summary = Json::object();
  for (std::string_view name : {"id", "service", "time_unix_ns", "tool_version", "toolchain",
                                "kept", "reason", "artefact", "builds", "compiler"}) {
    if (const Json* field = Find(record, name)) summary[std::string(name)] = *field;
  }
  if (const Json* verdict = Find(record, "verdict")) {
    // The conclusions; the raw samples are in the record.
    if (const Json* analysis = Find(*verdict, "analysis")) summary["verdict"] = *analysis;
  }
  for (std::string_view list : {"decisions", "edges"}) {
    const Json* rows = Find(record, list);
    if (rows != nullptr) summary[std::string(list)] = rows->size();
  }
  return summary;
}

Decisions DecisionsOf(const Json& record) {
  Decisions decisions;
  const Json* rows = Find(record, "decisions");
  if (rows == nullptr) return decisions;
  for (const Json& row : *rows) {
    Decision d;
    std::string kind = TextOf(row, "kind");
    for (DecisionKind known :
         {DecisionKind::kDevirtualisedInterface, DecisionKind::kDevirtualisedFunction}) {
      if (kind == DecisionKindName(known)) d.kind = known;
    }
    d.package = TextOf(row, "package");
    d.position = TextOf(row, "position");
    d.callee = TextOf(row, "callee");
    d.caller = TextOf(row, "caller");
    const Json* cost = Find(row, "cost");
    if (cost != nullptr && cost->is_number_integer()) d.cost = cost->get<int64_t>();
    decisions.decisions.push_back(std::move(d));
  }
  std::sort(decisions.decisions.begin(), decisions.decisions.end(),
            [](const Decision& a, const Decision& b) {
              return std::tie(a.package, a.position, a.kind, a.callee, a.caller) <
                     std::tie(b.package, b.position, b.kind, b.callee, b.caller);
            });
  return decisions;
}

DocumentName NameOf(std::string_view tenant, std::string_view kind, std::string_view service,
                    std::string_view id) {
  return {std::string(tenant), std::string(kind), std::string(service), std::string(id)};
}

// What the store holds was checked when it came; damage is the store's to report.
Result<Json> LoadJson(Store& store, const DocumentName& name) {
  ASSIGN_OR_RETURN(std::string text, store.GetDocument(name));
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_object()) return json;
  return Error(Code::kDataLoss, "document {} of service {} is no JSON", name.id, name.service);
}

// A record older than all those that are kept would go at once.
Status CheckIsKept(Store& store, std::string_view tenant, const PublishedRecord& published,
                   size_t keep) {
  if (keep == 0) return {};
  ASSIGN_OR_RETURN(std::vector<DocumentInfo> all, store.Documents(tenant, kSummaryKind));
  const auto newer = static_cast<size_t>(std::ranges::count_if(all, [&](const DocumentInfo& info) {
    return info.name.service == published.service && info.name.id > published.id;
  }));
  if (newer < keep) return {};
  return InvalidArgument(
      "the record is older than the {} of service {} that are kept; raise "
      "limits.published_records, or delete newer ones",
      newer, published.service);
}

Status DeletePublished(Store& store, std::string_view tenant, std::string_view service,
                       std::string_view id) {
  for (std::string_view kind : {kSummaryKind, kRecordKind, kArtefactKind}) {
    TRY(store.DeleteDocument(NameOf(tenant, kind, service, id)));
  }
  return {};
}

}  // namespace

Result<PublishedRecord> ParsePublished(std::string_view json, RequestMemory* memory) {
  PublishedRecord published;
  ASSIGN_OR_RETURN(Json sent, ParseJson(json, memory));
  TRY(CheckFields(sent));
  TRY(TakeArtefact(sent, published.artefact));
  published.service = TextOf(sent, "service");
  published.id = MakeId(sent["time_unix_ns"].get<int64_t>(), json);
  published.record = {{"id", published.id}};
  for (auto& [name, value] : sent.items()) {
    if (name != "id") published.record[name] = std::move(value);
  }
  published.summary = Summarise(published.record);
  return published;
}

Status StorePublished(Store& store, std::string_view tenant, const PublishedRecord& published,
                      size_t keep) {
  if (IsFederated(tenant)) return InvalidArgument("publish to one tenant, not to {}", tenant);
  TRY(CheckIsKept(store, tenant, published, keep));
  auto name = [&](std::string_view kind) {
    return NameOf(tenant, kind, published.service, published.id);
  };
  if (!published.artefact.empty()) {
    TRY(store.PutDocument(name(kArtefactKind), published.artefact));
  }
  TRY(store.PutDocument(name(kRecordKind), Dump(published.record)));
  TRY(store.PutDocument(name(kSummaryKind), Dump(published.summary)));
  if (keep == 0) return {};
  ASSIGN_OR_RETURN(std::vector<DocumentInfo> all, store.Documents(tenant, kSummaryKind));
  std::erase_if(all, [&](const DocumentInfo& i) { return i.name.service != published.service; });
  for (size_t i = 0; i + keep < all.size(); ++i) {
    if (all[i].name.id == published.id) continue;  // newer ones came meanwhile; the next trims it
    TRY(DeletePublished(store, tenant, published.service, all[i].name.id));
  }
  return {};
}

Result<std::vector<Json>> PublishedSummaries(Store& store, std::string_view tenant,
                                             std::string_view service) {
  ASSIGN_OR_RETURN(std::vector<DocumentInfo> all, store.Documents(tenant, kSummaryKind));
  if (!service.empty()) {
    std::erase_if(all, [&](const DocumentInfo& i) { return i.name.service != service; });
  }
  std::stable_sort(all.begin(), all.end(), [](const DocumentInfo& a, const DocumentInfo& b) {
    return std::tie(a.name.service, b.name.id) < std::tie(b.name.service, a.name.id);
  });
  std::vector<Json> summaries;
  for (const DocumentInfo& info : all) {
    Result<Json> summary = LoadJson(store, info.name);
    if (!summary.ok() && summary.status().code() == Code::kNotFound) continue;  // just deleted
    if (!summary.ok()) return summary.status();
    summaries.push_back(*std::move(summary));
  }
  return summaries;
}

Result<Json> LoadPublished(Store& store, std::string_view tenant, std::string_view service,
                           std::string_view id) {
  Result<Json> record = LoadJson(store, NameOf(tenant, kRecordKind, service, id));
  if (record.ok() || record.status().code() != Code::kNotFound) return record;
  return Error(Code::kNotFound, "service {} has no record {}", service, id);
}

Result<std::string> LoadPublishedArtefact(Store& store, std::string_view tenant,
                                          std::string_view service, std::string_view id) {
  Result<std::string> bytes = store.GetDocument(NameOf(tenant, kArtefactKind, service, id));
  if (bytes.ok() || bytes.status().code() != Code::kNotFound) return bytes;
  TRY(LoadPublished(store, tenant, service, id).status());
  return Error(Code::kNotFound, "record {} of service {} came without an artefact", id, service);
}

Status DeletePublishedRecord(Store& store, std::string_view tenant, std::string_view service,
                             std::string_view id) {
  if (IsFederated(tenant))
    return InvalidArgument("delete records of one tenant, not of {}", tenant);
  TRY(store.GetDocument(NameOf(tenant, kRecordKind, service, id)).status().code() == Code::kNotFound
          ? Error(Code::kNotFound, "service {} has no record {}", service, id)
          : Status());
  return DeletePublished(store, tenant, service, id);
}

Json DiffPublishedDecisions(const Json& from, const Json& to) {
  DecisionDiff diff = DiffDecisions(DecisionsOf(from), DecisionsOf(to));
  return {{"gained", DecisionsJson(diff.gained)},
          {"lost", DecisionsJson(diff.lost)},
          {"kept", diff.kept}};
}

}  // namespace anneal
