// Hostile bytes into the pprof decoder. What it accepts must be sound, and must survive encoding,
// gzip, merging and drawing: decode(encode(p)) == p, and the canonical form is a fixed point.
#include <cstdlib>

#include "profile/compress.h"
#include "profile/filter.h"
#include "profile/flame_tree.h"
#include "profile/folded.h"
#include "profile/merge.h"
#include "profile/pprof.h"

namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace anneal;
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  DecodeLimits limits;
  limits.max_bytes = 1 << 20;
  Result<Profile> decoded = DecodePprof(bytes, limits);
  if (!decoded.ok()) {
    Require(!decoded.status().message().empty());
    return 0;
  }
  const Profile& p = *decoded;
  Require(ValidateProfile(p).ok());
  const std::string encoded = EncodePprof(p);
  Result<Profile> again = DecodePprof(encoded);
  Require(again.ok() && *again == p);
  Require(Gunzip(Gzip(encoded, 1), encoded.size()).value() == encoded);

  Profile canonical = Canonical(p);
  Require(ValidateProfile(canonical).ok());
  const std::string canonical_bytes = EncodePprof(canonical);
  Require(EncodePprof(Canonical(canonical)) == canonical_bytes);
  Require(DiffProfiles(p, p).value().SampleCount() == 0);
  Require(ValidateProfile(KeepLeafLocations(p, 2)).ok());
  if (!p.sample_types.empty()) {
    FlameTree tree = FlameTree::Build(p, 0);
    tree.Truncate(4);
    ToFlameGraph(tree);
    EncodeFolded(p, 0);
  }
  return 0;
}
