// Secrets as they are kept: hashed, so that who reads the file cannot use them. The libraries of
// hashes are named in secret_hash.cc only.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace anneal {

// A new secret of 256 random bits, in 43 characters of URL-safe base64.
Result<std::string> NewSecret();

// Argon2id with 19 MiB and two passes (OWASP's Password Storage Cheat Sheet), in the encoded form
// "$argon2id$v=19$m=19456,t=2,p=1$SALT$HASH". Takes some 30 ms.
Result<std::string> HashSecret(std::string_view secret);

// Whether `hash` is one that VerifySecret understands: argon2id or argon2i in its encoded form, or
// bcrypt ("$2y$10$…", as htpasswd -B writes it). kInvalidArgument says what is wrong with it; the
// message does not repeat the hash.
Status CheckHash(std::string_view hash);

// In constant time for hashes of one kind and cost. False for a hash that CheckHash refuses, and
// for secrets above bcrypt's 72 bytes, the rest of which it would ignore.
bool VerifySecret(std::string_view hash, std::string_view secret);

// HMAC-SHA-256, 32 bytes: what caches keep instead of a secret.
std::string KeyedDigest(std::string_view key, std::string_view text);

}  // namespace anneal
