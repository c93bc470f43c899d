#include "server/authenticator.h"

#include <absl/strings/escaping.h>

#include "api/tenant.h"
#include "base/log.h"
#include "server/access.h"
#include "server/secret_hash.h"

namespace anneal {
namespace {

constexpr size_t kMaxVerdicts = 10'000;
constexpr size_t kMaxSecretBytes = 4096;
// Hashed against when there is no such name, so that the time taken does not tell: the hash of
// something nobody knows, at the cost of HashSecret.
constexpr std::string_view kNobodysHash =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

Status Wrong() {
  return Error(Code::kUnauthenticated,
               "this token or password is not known; ask who runs this "
               "server for one made by `anneal token`");
}

// The value after a scheme's name and blanks, or empty.
std::string_view AfterScheme(std::string_view authorization, std::string_view scheme) {
  if (authorization.size() <= scheme.size() ||
      !EqualsIgnoreCase(authorization.substr(0, scheme.size()), scheme) ||
      authorization[scheme.size()] != ' ') {
    return {};
  }
  authorization.remove_prefix(scheme.size());
  const size_t begin = authorization.find_first_not_of(' ');
  if (begin == std::string_view::npos) return {};
  const size_t end = authorization.find_last_not_of(" \t");
  return authorization.substr(begin, end + 1 - begin);
}

struct Credential {
  std::string name, secret;
};

// `text` at its first `separator`.
Credential Split(std::string_view text, char separator) {
  const size_t at = std::min(text.find(separator), text.size());
  const std::string_view name = text.substr(0, at);
  std::string_view secret = text.substr(std::min(at + 1, text.size()));
  // Clients that know only user and password are given the whole token as the latter.
  if (secret.size() > name.size() && secret.starts_with(name) && secret[name.size()] == '.') {
    secret.remove_prefix(name.size() + 1);
  }
  return {std::string(name), std::string(secret)};
}

// What the header Authorization says; nullopt when it is neither scheme, or not understood.
std::optional<Credential> CredentialOf(std::string_view authorization) {
  if (const std::string_view token = AfterScheme(authorization, "Bearer"); !token.empty()) {
    return Split(token, '.');
  }
  const std::string_view pair = AfterScheme(authorization, "Basic");
  std::string text;
  if (pair.empty() || pair.size() > kMaxSecretBytes ||
      !absl::Base64Unescape(absl::string_view(pair.data(), pair.size()), &text)) {
    return std::nullopt;
  }
  return Split(text, ':');
}

bool IsBasic(std::string_view authorization) {
  return !AfterScheme(authorization, "Basic").empty();
}

}  // namespace

std::string_view SessionOf(const HttpRequest& request) {
  for (const auto& [field, value] : request.headers.fields()) {
    if (!EqualsIgnoreCase(field, "Cookie")) continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      const size_t end = std::min(rest.find(';'), rest.size());
      std::string_view pair = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      pair.remove_prefix(std::min(pair.find_first_not_of(' '), pair.size()));
      if (pair.starts_with(kSessionCookie) && pair.substr(kSessionCookie.size()).starts_with('=')) {
        return pair.substr(kSessionCookie.size() + 1);
      }
    }
  }
  return {};
}

Authenticator::Authenticator(AuthenticatorOptions options, const Fs& fs, Clock& clock,
                             Metrics& metrics)
    : options_(std::move(options)),
      fs_(fs),
      clock_(clock),
      metrics_(metrics),
      sessions_(options_.session_lifetime_ns),
      tokens_(std::make_shared<Tokens>()) {}

Status Authenticator::Reload() {
  ASSIGN_OR_RETURN(const std::string text, fs_.ReadFile(options_.file));
  Result<std::vector<TokenEntry>> entries = ParseTokenFile(text);
  if (!entries.ok()) return entries.status().Annotate(options_.file);
  auto tokens = std::make_shared<Tokens>();
  ASSIGN_OR_RETURN(tokens->digest_key, NewSecret());
  for (TokenEntry& entry : *entries) {
    const bool anonymous_only = entry.tenants.empty() ||
                                (entry.tenants.size() == 1 && entry.tenants[0] == kAnonymousTenant);
    if (options_.tenancy == Tenancy::kSingle && !anonymous_only) {
      return InvalidArgument(
          "{}: {} is bound to tenant {}, but there is only {}: set tenancy to header",
          options_.file, entry.name, fmt::join(entry.tenants, "|"), kAnonymousTenant);
    }
    std::string name = entry.name;
    tokens->by_name.emplace(std::move(name), std::move(entry));
  }
  if (tokens->by_name.empty()) {
    log::Warn("the token file is empty: nobody can do anything", {{"file", options_.file}});
  }
  metrics_.GetGauge("anneal_auth_tokens", "Tokens of the token file in force.")
      .Set(static_cast<double>(tokens->by_name.size()));
  MutexLock lock(mutex_);
  tokens_ = std::move(tokens);
  return {};
}

std::shared_ptr<Authenticator::Tokens> Authenticator::CurrentTokens() {
  MutexLock lock(mutex_);
  return tokens_;
}

Status Authenticator::Refuse(std::string_view reason, Status status) {
  metrics_
      .GetCounter("anneal_auth_failures_total", "Requests refused for want of authentication.",
                  {{"reason", std::string(reason)}})
      .Add(1);
  return status;
}

Result<Identity> Authenticator::Authenticate(const HttpRequest& request) {
  const std::string_view authorization = request.headers.Get("Authorization");
  if (const std::optional<Credential> sent = CredentialOf(authorization)) {
    ASSIGN_OR_RETURN(TokenEntry entry, VerifyPair(sent->name, sent->secret, request.peer));
    return Identity{.entry = std::move(entry)};
  }
  if (IsBasic(authorization)) return Refuse("wrong", Wrong());
  if (!authorization.empty()) {
    return Refuse("wrong", Error(Code::kUnauthenticated,
                                 "the Authorization header is neither Bearer nor Basic"));
  }
  if (const std::string_view id = SessionOf(request); !id.empty()) {
    std::optional<TokenEntry> entry = sessions_.Find(id, clock_.MonotonicNs());
    const std::shared_ptr<Tokens> tokens = CurrentTokens();
    // A session is worth what its token is worth now: it may be gone or have other rights.
    if (entry) {
      const auto now = tokens->by_name.find(entry->name);
      if (now != tokens->by_name.end() && now->second.hash == entry->hash) {
        return Identity{.entry = now->second, .by_session = true};
      }
    }
    return Refuse("session", Error(Code::kUnauthenticated, "the session is over: log in again"));
  }
  return Refuse("missing", Error(Code::kUnauthenticated,
                                 "no credentials; send the header Authorization: Bearer TOKEN, or "
                                 "basic authentication"));
}

Result<TokenEntry> Authenticator::VerifyToken(std::string_view token, std::string_view peer) {
  const Credential sent = Split(token, '.');
  return VerifyPair(sent.name, sent.secret, peer);
}

std::string Authenticator::DigestOf(const Tokens& tokens, std::string_view name,
                                    std::string_view secret) {
  return KeyedDigest(tokens.digest_key, fmt::format("{}:{}", name, secret));
}

bool Authenticator::MustHash(const HttpRequest& request) {
  const std::optional<Credential> sent = CredentialOf(request.headers.Get("Authorization"));
  if (!sent || sent->secret.empty() || sent->secret.size() > kMaxSecretBytes) return false;
  const std::shared_ptr<Tokens> tokens = CurrentTokens();
  const std::string digest = DigestOf(*tokens, sent->name, sent->secret);
  MutexLock lock(tokens->mutex);
  return !tokens->good.contains(digest) && !tokens->bad.contains(digest);
}

Result<TokenEntry> Authenticator::VerifyPair(std::string_view name, std::string_view secret,
                                             std::string_view peer) {
  if (secret.empty() || secret.size() > kMaxSecretBytes) return Refuse("wrong", Wrong());
  const std::shared_ptr<Tokens> tokens = CurrentTokens();
  const std::string digest = DigestOf(*tokens, name, secret);
  bool known = false;
  Result<TokenEntry> recalled = Recall(*tokens, digest, known);
  if (known) return recalled;
  return Guess(*tokens, name, secret, peer, digest);
}

Result<TokenEntry> Authenticator::Recall(Tokens& tokens, const std::string& digest, bool& known) {
  MutexLock lock(tokens.mutex);
  const auto good = tokens.good.find(digest);
  known = good != tokens.good.end() || tokens.bad.contains(digest);
  if (good != tokens.good.end()) return tokens.by_name.find(good->second)->second;
  return known ? Refuse("wrong", Wrong()) : Wrong();
}

Result<TokenEntry> Authenticator::Guess(Tokens& tokens, std::string_view name,
                                        std::string_view secret, std::string_view peer,
                                        const std::string& digest) {
  const auto found = tokens.by_name.find(name);
  const bool exists = found != tokens.by_name.end();
  // By name: one client with an old token must not lock out another at the same address, nor those
  // who guess at names everybody.
  const std::string guesser(HostOf(peer)), guessed(exists ? name : "");
  MutexLock hashing(hashing_);
  // Another request may have brought the same while this one waited.
  bool known = false;
  Result<TokenEntry> recalled = Recall(tokens, digest, known);
  if (known) return recalled;
  if (const Status allowed = failures_.Check(guesser, guessed, clock_.MonotonicNs());
      !allowed.ok()) {
    return Refuse("limited", allowed);
  }
  const bool right =
      VerifySecret(exists ? std::string_view(found->second.hash) : kNobodysHash, secret) && exists;
  MutexLock lock(tokens.mutex);
  if (right) {
    if (tokens.good.size() >= kMaxVerdicts) tokens.good.clear();
    tokens.good[digest] = found->first;
    return found->second;
  }
  failures_.Failed(guesser, guessed, clock_.MonotonicNs());
  if (tokens.bad.size() >= kMaxVerdicts) tokens.bad.clear();
  tokens.bad.insert(digest);
  // A name that is none may be a secret in the wrong place: it is not logged.
  log::Warn("authentication failed",
            {{"peer", peer}, {"name", exists ? name : std::string_view("(unknown)")}});
  return Refuse("wrong", Wrong());
}

Result<std::string> Authenticator::OpenSession(const TokenEntry& entry) {
  return sessions_.Open(entry, clock_.MonotonicNs());
}

void Authenticator::CloseSession(std::string_view id) { sessions_.Close(id); }

}  // namespace anneal
