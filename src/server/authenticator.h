// Who makes a request: by a bearer token, by basic authentication, or by the page's session.
//
// A bearer token is NAME.SECRET; basic authentication sends NAME and SECRET. NAME finds the line of
// the token file, SECRET is checked against its hash. Hashes are slow by design, so that a verdict
// is remembered under a keyed digest of what was sent, until the file is read anew.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "api/api.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "net/http.h"
#include "server/failure_limit.h"
#include "server/sessions.h"
#include "server/token_file.h"

namespace anneal {

struct AuthenticatorOptions {
  std::string file;  // the token file
  Tenancy tenancy = Tenancy::kSingle;
  int64_t session_lifetime_ns = 0;
};

struct Identity {
  TokenEntry entry;
  bool by_session = false;  // the browser sent it along by itself, perhaps for another site's page
};

// Thread-safe.
class Authenticator {
 public:
  // All references must outlive this.
  Authenticator(AuthenticatorOptions options, const Fs& fs, Clock& clock, Metrics& metrics);

  // Reads the file; when something is wrong with it, what was read before stays in force.
  Status Reload();

  // Whether Authenticate would have to hash what the request brings, which takes some 30 ms, one
  // after the other: nothing for a thread that others need.
  bool MustHash(const HttpRequest& request);
  // kUnauthenticated when there is no credential or it is wrong (which of both parts is not said),
  // kResourceExhausted after too many wrong ones.
  Result<Identity> Authenticate(const HttpRequest& request);
  // The same for a token that came another way. `peer` as in HttpRequest.
  Result<TokenEntry> VerifyToken(std::string_view token, std::string_view peer);

  // Sessions, by their ids; Open is for one whom VerifyToken let in.
  Result<std::string> OpenSession(const TokenEntry& entry);
  void CloseSession(std::string_view id);

  int64_t session_lifetime_ns() const { return options_.session_lifetime_ns; }

 private:
  // What one reading of the file gave, and the verdicts by it.
  struct Tokens {
    std::map<std::string, TokenEntry, std::less<>> by_name;
    std::string digest_key;  // random
    Mutex mutex;
    std::map<std::string, std::string> good GUARDED_BY(mutex);  // digest → name
    std::set<std::string> bad GUARDED_BY(mutex);                // digests
  };

  static std::string DigestOf(const Tokens& tokens, std::string_view name, std::string_view secret);
  Result<TokenEntry> VerifyPair(std::string_view name, std::string_view secret,
                                std::string_view peer);
  Result<TokenEntry> Guess(Tokens& tokens, std::string_view name, std::string_view secret,
                           std::string_view peer, const std::string& digest);
  Result<TokenEntry> Recall(Tokens& tokens, const std::string& digest, bool& known);
  std::shared_ptr<Tokens> CurrentTokens() EXCLUDES_LOCK(mutex_);
  Status Refuse(std::string_view reason, Status status);

  const AuthenticatorOptions options_;
  const Fs& fs_;
  Clock& clock_;
  Metrics& metrics_;
  Sessions sessions_;
  FailureLimit failures_;
  Mutex hashing_;  // one at a time: each takes 19 MiB
  Mutex mutex_;
  std::shared_ptr<Tokens> tokens_ GUARDED_BY(mutex_);
};

// The session's id in a request's cookies, or empty.
std::string_view SessionOf(const HttpRequest& request);
inline constexpr std::string_view kSessionCookie = "anneal_session";

}  // namespace anneal
