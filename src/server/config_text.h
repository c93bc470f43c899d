// The configuration as text, for the status pages.
#pragma once

#include "api/api.h"
#include "server/config.h"

namespace anneal {

// YAML that a config file may hold, in the order of Settings(); of `scrape` what it scrapes,
// all of `retention_rules`.
// Values of settings whose names end in password, secret or token are masked.
ConfigText ConfigTextOf(const ServerConfig& config);

}  // namespace anneal
