#include "store/store_format.h"

#include "store/bytes.h"
#include "store/checksum.h"

namespace anneal {
namespace {

constexpr std::string_view kFormatKey = "format";
constexpr uint32_t kFormatVersion = 1;

}  // namespace

Result<int64_t> LoadFormat(Kv& kv, const EmbeddedOptions& options) {
  Result<std::string> stored = kv.Get(Family::kMeta, kFormatKey);
  if (stored.ok()) {
    std::string_view value = *stored;
    bool intact = CheckAndStripChecksum(kFormatKey, value);
    ByteReader in(value);
    uint64_t version = in.Varint(), epoch_ns = in.Varint();
    if (!intact || !in.ok() || epoch_ns == 0 || epoch_ns > INT64_MAX) {
      return Error(Code::kDataLoss, "the format record of the store in {} is damaged",
                   options.directory);
    }
    if (version != kFormatVersion) {
      return Error(Code::kFailedPrecondition,
                   "the store in {} has format {}, this program reads {}; use the program that "
                   "wrote it",
                   options.directory, version, kFormatVersion);
    }
    return static_cast<int64_t>(epoch_ns);
  }
  if (stored.status().code() != Code::kNotFound) {
    return stored.status().Annotate(
        fmt::format("format record of the store in {}", options.directory));
  }
  if (options.epoch_ns <= 0) return InvalidArgument("epoch_ns must be above zero");
  if (options.read_only) return options.epoch_ns;  // made, but nothing was ever written
  std::string value;
  PutVarint(value, kFormatVersion);
  PutVarint(value, static_cast<uint64_t>(options.epoch_ns));
  AppendChecksum(kFormatKey, value);
  KvBatch batch(kv);
  batch.Put(Family::kMeta, kFormatKey, value);
  TRY(kv.Write(batch));
  return options.epoch_ns;
}

}  // namespace anneal
