#include "server/certificate.h"

#include <fmt/chrono.h>

#include "net/tls.h"

namespace anneal {
namespace {

// OpenSSL's own messages tell little about files.
Status CheckReadable(std::string_view setting, const std::string& path, const Fs& fs) {
  const Result<std::string> text = fs.ReadFile(path);
  if (text.ok()) return {};
  return InvalidArgument("{}: {}; name a PEM file that the server's user may read", setting,
                         text.status().message());
}

}  // namespace

Result<int64_t> CheckCertificate(const ServerConfig& config, const Fs& fs) {
  TRY(CheckReadable("tls.cert", config.tls_cert, fs));
  TRY(CheckReadable("tls.key", config.tls_key, fs));
  const Result<std::unique_ptr<TlsIdentity>> identity =
      TlsIdentity::Load(config.tls_cert, config.tls_key);
  if (!identity.ok()) return identity.status().Annotate("tls.cert, tls.key");
  return (*identity)->EndNs();
}

std::string ShowDay(int64_t time_ns) {
  return fmt::format("{:%Y-%m-%d}", fmt::gmtime(static_cast<std::time_t>(time_ns / 1'000'000'000)));
}

}  // namespace anneal
