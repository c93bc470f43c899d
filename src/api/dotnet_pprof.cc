#include "api/dotnet_pprof.h"

#include <limits>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>
#include <vector>

#include "api/claimed_inflate.h"
#include "profile/compress.h"

namespace anneal {
namespace {

using protozero::pbf_reader;
constexpr auto kBytes = protozero::pbf_wire_type::length_delimited;
constexpr auto kVarint = protozero::pbf_wire_type::varint;
constexpr protozero::pbf_tag_type kLocation = 4, kFunction = 5, kId = 1;

uint64_t IdOf(pbf_reader message) {
  uint64_t id = 0;
  while (message.next()) {
    if (message.tag() == kId && message.has_wire_type(kVarint)) {
      id = message.get_uint64();
    } else {
      message.skip();
    }
  }
  return id;
}

// The ids of the locations, when the functions have none and are as many.
std::vector<uint64_t> MissingIds(pbf_reader profile) {
  std::vector<uint64_t> ids;
  size_t functions = 0;
  while (profile.next()) {
    if (profile.tag() == kLocation && profile.has_wire_type(kBytes)) {
      ids.push_back(IdOf(profile.get_message()));
    } else if (profile.tag() == kFunction && profile.has_wire_type(kBytes)) {
      if (IdOf(profile.get_message()) != 0) return {};
      ++functions;
    } else {
      profile.skip();
    }
  }
  return functions == ids.size() ? ids : std::vector<uint64_t>();
}

// At most.
size_t RepairedSize(std::string_view message, const std::vector<uint64_t>& ids) {
  return message.size() + 4 * ids.size();
}

// The message with `ids` appended to its functions: of a field that occurs twice the last one
// counts.
std::string WithIds(std::string_view message, const std::vector<uint64_t>& ids) {
  std::string out;
  out.reserve(RepairedSize(message, ids));
  pbf_reader profile(message.data(), message.size());
  size_t function = 0;
  const char* start = message.data();
  while (profile.next()) {
    bool is_function = profile.tag() == kFunction && profile.has_wire_type(kBytes);
    if (!is_function) {
      profile.skip();
    } else {
      protozero::data_view view = profile.get_view();
      std::string repaired(view.data(), view.size());
      protozero::pbf_writer(repaired).add_uint64(kId, ids[function++]);
      protozero::pbf_writer(out).add_message(kFunction, repaired);
    }
    const char* end = profile.data().data();
    if (!is_function) out.append(start, end);
    start = end;
  }
  return out;
}

}  // namespace

Result<std::string> RepairFunctionIds(std::string_view pprof, size_t max_bytes,
                                      RequestMemory* memory) {
  std::string inflated;
  if (IsGzip(pprof)) {
    size_t limit = max_bytes == 0 ? std::numeric_limits<size_t>::max() : max_bytes;
    Result<std::string> bytes = GunzipClaimed(pprof, limit, memory);
    if (bytes.status().code() == Code::kUnavailable) return bytes.status();
    if (!bytes.ok()) return Status(Code::kInvalidArgument, bytes.status().message());
    inflated = *std::move(bytes);
    pprof = inflated;
  }
  try {
    std::vector<uint64_t> ids = MissingIds(pbf_reader(pprof.data(), pprof.size()));
    std::string repaired;
    if (!ids.empty()) {
      if (memory != nullptr) TRY(memory->Claim(RepairedSize(pprof, ids)));
      repaired = WithIds(pprof, ids);
    }
    if (memory != nullptr) memory->Release(inflated.size());
    return repaired;
  } catch (const protozero::exception& e) {
    return InvalidArgument("the profile is no pprof: {}", e.what());
  }
}

}  // namespace anneal
