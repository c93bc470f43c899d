#include "server/secret_hash.h"

#include <gtest/gtest.h>

#include <set>

namespace anneal {
namespace {

// Of "correct horse", as htpasswd -B makes it, at the least cost.
constexpr char kBcrypt[] = "$2y$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e";

TEST(SecretHash, SecretsAreLongAndDiffer) {
  std::set<std::string> secrets;
  for (int i = 0; i < 20; ++i) {
    const std::string secret = NewSecret().value();
    EXPECT_EQ(secret.size(), 43u);
    EXPECT_EQ(secret.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                       "0123456789-_"),
              std::string::npos);
    EXPECT_TRUE(secrets.insert(secret).second);
  }
}

TEST(SecretHash, VerifiesWhatItMade) {
  const std::string hash = HashSecret("correct horse").value();
  EXPECT_TRUE(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$")) << hash;
  EXPECT_TRUE(CheckHash(hash).ok()) << CheckHash(hash).ToString();
  EXPECT_TRUE(VerifySecret(hash, "correct horse"));
  EXPECT_FALSE(VerifySecret(hash, "correct horsf"));
  EXPECT_FALSE(VerifySecret(hash, ""));
  EXPECT_NE(HashSecret("correct horse").value(), hash) << "salted";
}

TEST(SecretHash, VerifiesBcrypt) {
  EXPECT_TRUE(CheckHash(kBcrypt).ok()) << CheckHash(kBcrypt).ToString();
  EXPECT_TRUE(VerifySecret(kBcrypt, "correct horse"));
  EXPECT_FALSE(VerifySecret(kBcrypt, "correct hors"));
  EXPECT_FALSE(VerifySecret(kBcrypt, std::string_view("correct horse\0x", 15)));
  EXPECT_FALSE(VerifySecret(kBcrypt, std::string(73, 'a')));
}

TEST(SecretHash, RefusesEveryPrefixOfAHash) {
  for (const std::string& hash : {HashSecret("x").value(), std::string(kBcrypt)}) {
    for (size_t size = 0; size < hash.size(); ++size) {
      const std::string_view prefix = std::string_view(hash).substr(0, size);
      // A shorter argon2 hash may be one too, but verifies nothing.
      EXPECT_FALSE(VerifySecret(prefix, "x"));
      EXPECT_FALSE(VerifySecret(prefix, "correct horse"));
    }
  }
}

TEST(SecretHash, RefusesWhatIsNoHash) {
  for (std::string_view hash :
       {"", "secret", "$1$abc$def", "$6$salt$hash", "$argon2d$v=19$m=8,t=1,p=1$AAAAAAAAAAA$AAAA",
        "$argon2id$v=19$m=4294967295,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=16$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=19456,t=2$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}) {
    EXPECT_EQ(CheckHash(hash).code(), Code::kInvalidArgument) << hash;
    EXPECT_FALSE(VerifySecret(hash, "secret")) << hash;
  }
}

TEST(SecretHash, DigestsDependOnKeyAndText) {
  EXPECT_EQ(KeyedDigest("k", "t").size(), 32u);
  EXPECT_EQ(KeyedDigest("k", "t"), KeyedDigest("k", "t"));
  EXPECT_NE(KeyedDigest("k", "t"), KeyedDigest("l", "t"));
  EXPECT_NE(KeyedDigest("k", "t"), KeyedDigest("k", "u"));
}

}  // namespace
}  // namespace anneal
