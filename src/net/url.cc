#include "net/url.h"

#include <charconv>

#include "net/http.h"

namespace anneal {

Result<HttpUrl> ParseHttpUrl(std::string_view text) {
  HttpUrl url;
  std::string_view rest = text;
  if (EqualsIgnoreCase(rest.substr(0, 7), "http://")) {
    rest.remove_prefix(7);
  } else if (EqualsIgnoreCase(rest.substr(0, 8), "https://")) {
    rest.remove_prefix(8);
    url.tls = true;
  } else {
    return InvalidArgument("address \"{}\" must begin with http:// or https://", text);
  }
  for (char c : rest) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7f) {
      return InvalidArgument("address \"{}\" holds a space or control character", text);
    }
  }
  rest = rest.substr(0, rest.find('#'));
  const size_t path_begin = rest.find_first_of("/?");
  std::string_view authority = rest.substr(0, path_begin);
  url.path = path_begin == std::string_view::npos ? "/" : rest.substr(path_begin);
  if (url.path.front() == '?') url.path.insert(0, "/");
  if (authority.find('@') != std::string_view::npos) {
    // The text is not quoted: it holds a password, and errors end up in logs.
    return InvalidArgument("an address must not hold a user name or password; give them apart");
  }

  std::string_view port;
  if (authority.starts_with('[')) {
    const size_t close = authority.find(']');
    if (close == std::string_view::npos) {
      return InvalidArgument("address \"{}\": the bracket is not closed", text);
    }
    url.host = authority.substr(1, close - 1);
    port = authority.substr(close + 1);
    if (!port.empty() && port.front() != ':') {
      return InvalidArgument("address \"{}\": only :port may follow the bracket", text);
    }
  } else {
    const size_t colon = authority.rfind(':');
    url.host = authority.substr(0, colon);
    port = colon == std::string_view::npos ? std::string_view() : authority.substr(colon);
  }
  if (!port.empty()) port.remove_prefix(1);
  if (url.host.empty()) return InvalidArgument("address \"{}\" has no host", text);
  int number = url.tls ? 443 : 80;
  const char* const end = port.data() + port.size();
  const auto parsed = std::from_chars(port.data(), end, number);
  if (!port.empty() &&
      (parsed.ec != std::errc() || parsed.ptr != end || number < 1 || number > 65535)) {
    return InvalidArgument("address \"{}\": \"{}\" is not a port", text, port);
  }
  url.port = fmt::format("{}", number);
  const bool bracketed = url.host.find(':') != std::string::npos;
  url.host_field = bracketed ? fmt::format("[{}]", url.host) : url.host;
  if (number != (url.tls ? 443 : 80)) url.host_field += ":" + url.port;
  return url;
}

}  // namespace anneal
