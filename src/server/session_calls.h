// The page's calls about who is there: /anneal/v1/session, /login and /logout.
// docs/guide/auth.md describes them.
#pragma once

#include <string>
#include <string_view>

#include "api/api.h"
#include "net/http.h"
#include "server/authenticator.h"

namespace anneal {

struct SessionCallOptions {
  std::string version;
  Tenancy tenancy = Tenancy::kSingle;
  bool secure_cookie = false;  // the server speaks TLS
  int64_t max_nodes = 0;       // the most a tree may have; 0: any number
};

class SessionCalls {
 public:
  // `authenticator` is null when authentication is off; it must outlive this.
  SessionCalls(SessionCallOptions options, Authenticator* authenticator)
      : options_(std::move(options)), authenticator_(authenticator) {}

  // The route at `path`, a string that lives for ever, or empty.
  static std::string_view RouteOf(std::string_view path);
  // Whether a call of the route brings a token to check.
  static bool IsLogin(std::string_view route);

  // Answers a request of one of the routes. Thread-safe.
  HttpResponse Handle(std::string_view route, const HttpRequest& request) const;

 private:
  HttpResponse Session(const HttpRequest& request) const;
  HttpResponse Login(const HttpRequest& request) const;
  HttpResponse Logout(const HttpRequest& request) const;
  std::string Describe(const TokenEntry* entry) const;
  std::string Cookie(std::string_view id, int64_t max_age_seconds) const;

  const SessionCallOptions options_;
  Authenticator* const authenticator_;
};

}  // namespace anneal
