// The certificate that the settings tls.cert and tls.key name.
#pragma once

#include <cstdint>
#include <string>

#include "base/fs.h"
#include "base/status.h"
#include "server/config.h"

namespace anneal {

inline bool SpeaksTls(const ServerConfig& config) { return !config.tls_cert.empty(); }

// Reads certificate and key as the server would; returns when the certificate ends, nanoseconds
// since 1970. kInvalidArgument when a file cannot be read or the two do not belong together: the
// message names the setting and says what to do.
Result<int64_t> CheckCertificate(const ServerConfig& config, const Fs& fs);

std::string ShowDay(int64_t time_ns);  // "2026-11-28", in UTC

}  // namespace anneal
