#include "server/secret_hash.h"

#include <absl/strings/escaping.h>
#include <argon2.h>
#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <charconv>

namespace anneal {
namespace {

constexpr uint32_t kMemoryKiB = 19 * 1024;
constexpr uint32_t kPasses = 2;
constexpr size_t kSaltBytes = 16;
constexpr size_t kHashBytes = 32;
constexpr size_t kSecretBytes = 32;
constexpr size_t kBcryptSecretBytes = 72;
constexpr size_t kBcryptLength = 60;
// A hash is checked on a request's way: one that takes a gigabyte or minutes is a mistake.
constexpr uint32_t kMaxMemoryKiB = 1 << 20;
constexpr uint32_t kMaxPasses = 64;

bool IsBcrypt(std::string_view hash) {
  return hash.starts_with("$2y$") || hash.starts_with("$2b$") || hash.starts_with("$2a$");
}

// The part up to the next '$', taken off the front.
std::string_view TakePart(std::string_view& rest) {
  const size_t end = std::min(rest.find('$'), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

// "m=19456,t=2,p=1"
bool AreParametersSane(std::string_view text) {
  uint32_t values[3] = {};
  constexpr std::string_view kNames[] = {"m=", "t=", "p="};
  for (size_t i = 0; i < 3; ++i) {
    if (!text.starts_with(kNames[i])) return false;
    const char* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data() + 2, end, values[i]);
    if (parsed.ec != std::errc() || (i < 2 ? parsed.ptr == end || *parsed.ptr != ',' : false)) {
      return false;
    }
    text = i < 2 ? std::string_view(parsed.ptr + 1, end) : std::string_view(parsed.ptr, end);
  }
  return text.empty() && values[0] >= 8 && values[0] <= kMaxMemoryKiB && values[1] >= 1 &&
         values[1] <= kMaxPasses && values[2] >= 1 && values[2] <= 64;
}

// Bytes that the text stands for; 0 when it is not base64.
size_t Base64Size(std::string_view text) {
  std::string bytes;
  return absl::Base64Unescape(absl::string_view(text.data(), text.size()), &bytes) ? bytes.size()
                                                                                   : 0;
}

Status CheckArgon2(std::string_view hash) {
  std::string_view rest = hash.substr(1);
  TakePart(rest);
  if (TakePart(rest) != "v=19") return InvalidArgument("the argon2 hash is not of version 19");
  if (!AreParametersSane(TakePart(rest))) {
    return InvalidArgument("the argon2 hash's parameters m, t, p are out of bounds");
  }
  const std::string_view salt = TakePart(rest);
  if (Base64Size(salt) < 8 || Base64Size(rest) < 16) {
    return InvalidArgument("the argon2 hash is cut off or changed");
  }
  return {};
}

Status CheckBcrypt(std::string_view hash) {
  const bool whole = hash.size() == kBcryptLength && hash[6] == '$' &&
                     hash.substr(7).find_first_not_of(
                         "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqr"
                         "stuvwxyz") == std::string_view::npos;
  if (!whole) return InvalidArgument("the bcrypt hash is cut off or changed");
  const std::string_view cost = hash.substr(4, 2);
  if (cost < "04" || cost > "16") {
    return InvalidArgument("the bcrypt hash's cost is not between 04 and 16");
  }
  return {};
}

bool VerifyBcrypt(const std::string& hash, std::string_view secret) {
  if (secret.size() > kBcryptSecretBytes || secret.find('\0') != std::string_view::npos) {
    return false;
  }
  const auto data = std::make_unique<crypt_data>();
  const std::string text(secret);
  const char* made = ::crypt_r(text.c_str(), hash.c_str(), data.get());
  return made && std::string_view(made).size() == hash.size() &&
         CRYPTO_memcmp(made, hash.data(), hash.size()) == 0;
}

}  // namespace

Result<std::string> NewSecret() {
  unsigned char bytes[kSecretBytes];
  if (RAND_bytes(bytes, sizeof bytes) != 1) {
    return Error(Code::kUnavailable, "the machine gives no random numbers");
  }
  std::string text;
  absl::WebSafeBase64Escape(absl::string_view(reinterpret_cast<char*>(bytes), sizeof bytes), &text);
  return text;
}

Result<std::string> HashSecret(std::string_view secret) {
  unsigned char salt[kSaltBytes];
  if (RAND_bytes(salt, sizeof salt) != 1) {
    return Error(Code::kUnavailable, "the machine gives no random numbers");
  }
  std::string encoded(argon2_encodedlen(kPasses, kMemoryKiB, 1, kSaltBytes, kHashBytes, Argon2_id),
                      '\0');
  const int error =
      argon2id_hash_encoded(kPasses, kMemoryKiB, 1, secret.data(), secret.size(), salt, sizeof salt,
                            kHashBytes, encoded.data(), encoded.size());
  if (error != ARGON2_OK) {
    return Error(Code::kInternal, "cannot hash a secret: {}", argon2_error_message(error));
  }
  encoded.resize(encoded.find('\0'));
  return encoded;
}

Status CheckHash(std::string_view hash) {
  if (hash.starts_with("$argon2id$") || hash.starts_with("$argon2i$")) return CheckArgon2(hash);
  if (IsBcrypt(hash)) return CheckBcrypt(hash);
  return InvalidArgument(
      "the hash is neither argon2 ($argon2id$…) nor bcrypt ($2y$…); `anneal token` makes one");
}

bool VerifySecret(std::string_view hash, std::string_view secret) {
  if (!CheckHash(hash).ok()) return false;
  const std::string text(hash);
  if (IsBcrypt(hash)) return VerifyBcrypt(text, secret);
  const argon2_type type = hash.starts_with("$argon2id$") ? Argon2_id : Argon2_i;
  return argon2_verify(text.c_str(), secret.data(), secret.size(), type) == ARGON2_OK;
}

std::string KeyedDigest(std::string_view key, std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest, &size);
  return std::string(reinterpret_cast<char*>(digest), size);
}

}  // namespace anneal
