// Absolute http and https addresses, as a client needs them.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace anneal {

struct HttpUrl {
  bool tls = false;
  std::string host;        // without the brackets of an IPv6 address
  std::string port;        // "80" and "443" when none is given
  std::string host_field;  // for the Host field: with brackets, port only when it is unusual
  std::string path;        // path and query, at least "/"
};

// kInvalidArgument with the address when it is relative, of another scheme, has no host, carries
// credentials, or holds spaces or control characters.
Result<HttpUrl> ParseHttpUrl(std::string_view text);

}  // namespace anneal
