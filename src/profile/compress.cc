#include "profile/compress.h"

#include <libdeflate.h>

#include <algorithm>
#include <memory>

namespace anneal {
namespace {

// Deflate cannot expand more than this many times, so a buffer of this size never runs short.
constexpr size_t kMaxRatio = 1032;
constexpr size_t kSmallestMember = 18;  // gzip header and trailer

struct FreeDecompressor {
  void operator()(libdeflate_decompressor* d) const { libdeflate_free_decompressor(d); }
};
struct FreeCompressor {
  void operator()(libdeflate_compressor* c) const { libdeflate_free_compressor(c); }
};

// One per thread: making one costs more than inflating a small profile.
libdeflate_decompressor* ThreadDecompressor() {
  thread_local std::unique_ptr<libdeflate_decompressor, FreeDecompressor> decompressor(
      libdeflate_alloc_decompressor());
  return decompressor.get();
}

Status TooLarge(size_t max_bytes) {
  return Error(Code::kResourceExhausted,
               "gzip: the content exceeds the limit of {} bytes once inflated", max_bytes);
}

}  // namespace

bool IsGzip(std::string_view bytes) {
  return bytes.size() >= 2 && bytes[0] == '\x1f' && bytes[1] == '\x8b';
}

// The trailer's last field.
size_t InflatedSizeHint(std::string_view bytes) {
  if (bytes.size() < kSmallestMember) return 0;
  size_t size = 0;
  for (size_t i = 0; i < 4; ++i) {
    size |= static_cast<size_t>(static_cast<uint8_t>(bytes[bytes.size() - 4 + i])) << (8 * i);
  }
  return size;
}

Result<std::string> Gunzip(std::string_view bytes, size_t max_bytes) {
  libdeflate_decompressor* decompressor = ThreadDecompressor();
  if (decompressor == nullptr) return Error(Code::kResourceExhausted, "gzip: out of memory");
  std::string out;
  size_t used = 0, consumed = 0;
  do {
    std::string_view rest = bytes.substr(consumed);
    if (rest.size() < kSmallestMember || !IsGzip(rest)) {
      return InvalidArgument(
          "gzip: {} at byte {}",
          IsGzip(rest) ? "truncated header" : "neither a gzip header nor the end of the input",
          consumed);
    }
    size_t room = out.size() - used;
    size_t wanted = consumed == 0 ? InflatedSizeHint(bytes) : rest.size() * 3;
    wanted = std::min({wanted, max_bytes - used, rest.size() * kMaxRatio});
    if (room < wanted) out.resize(used + wanted);
    for (;;) {
      size_t in_size = 0, out_size = 0;
      libdeflate_result result =
          libdeflate_gzip_decompress_ex(decompressor, rest.data(), rest.size(), out.data() + used,
                                        out.size() - used, &in_size, &out_size);
      if (result == LIBDEFLATE_SUCCESS) {
        used += out_size;
        consumed += in_size;
        break;
      }
      if (result != LIBDEFLATE_INSUFFICIENT_SPACE) {
        return InvalidArgument("gzip: the member at byte {} is damaged or truncated", consumed);
      }
      if (out.size() >= max_bytes) return TooLarge(max_bytes);
      // Doubling: a lying trailer costs at most as much again as an honest one.
      out.resize(std::min(max_bytes, std::max<size_t>(out.size() * 2, 4096)));
    }
  } while (consumed < bytes.size());
  out.resize(used);
  return out;
}

std::string Gzip(std::string_view bytes, int level) {
  std::unique_ptr<libdeflate_compressor, FreeCompressor> compressor(
      libdeflate_alloc_compressor(std::clamp(level, 1, 12)));
  std::string out(libdeflate_gzip_compress_bound(compressor.get(), bytes.size()), '\0');
  out.resize(libdeflate_gzip_compress(compressor.get(), bytes.data(), bytes.size(), out.data(),
                                      out.size()));
  return out;
}

}  // namespace anneal
