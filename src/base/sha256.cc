#include "base/sha256.h"

#include <openssl/evp.h>

namespace anneal {

std::string Sha256(std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr);
  return {reinterpret_cast<const char*>(digest), size};
}

std::string Sha256Hex(std::string_view bytes) {
  std::string hex;
  for (char byte : Sha256(bytes)) hex += fmt::format("{:02x}", static_cast<uint8_t>(byte));
  return hex;
}

}  // namespace anneal
