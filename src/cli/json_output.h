// JSON as commands print and send it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace anneal {

// Indented, for people to read. In both, bytes that are no UTF-8, as names of files may have,
// become U+FFFD: a result that was worked for must not end in an error of its printing.
template <typename Json>
std::string DumpJson(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

// On one line.
template <typename Json>
std::string DumpJsonLine(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace anneal
