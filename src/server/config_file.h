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

struct ConfigFile {
  std::vector<ConfigFileEntry> entries;  // in the file's order
  // The value of the top-level key `scrape`, lifted out: empty lines before it keep its lines'
  // numbers what they are in the file.
  std::string scrape;
};

// kInvalidArgument with the line for bad YAML, a key that is no setting (with the one that may have
// been meant), a key given twice, or a value of the wrong shape.
Result<ConfigFile> ParseConfigFile(std::string_view yaml);

}  // namespace anneal
