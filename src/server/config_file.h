// The config file's YAML, flattened to names of settings.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace anneal {

struct ConfigFileEntry {
  std::string name;  // "limits.body"
  std::string text;  // the scalar as written
  int line = 0;      // from 1
};

// The file's settings in its order. kInvalidArgument with the line for bad YAML, a key that is no
// setting (with the one that may have been meant), a key given twice, or a value of the wrong
// shape. The sections `scrape` and `retention_rules` are left to
// collect/scrape_config.h and server/retention_rules.h.
Result<std::vector<ConfigFileEntry>> ParseConfigFile(std::string_view yaml);

}  // namespace anneal
