// The page's answers as JSON text, written straight into columns. Schema 1 of
// docs/guide/page-api.md. Pure.
//
// By hand rather than by a library: a tree of a million samples is tens of megabytes of numbers,
// and a document tree in memory would cost ten times the text. Names are whatever a profiled
// program chose to be called; they are escaped as JSON wants, and nothing else is done to them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "profile/call_tree.h"

namespace anneal {

// What is known of a tree besides its nodes.
struct TreeHeader {
  std::string sample_type, unit;
  int64_t period = 0;
  uint64_t profiles = 0;  // how many were merged; of the base too: base_profiles
  uint64_t base_profiles = 0;
};

enum class Sides { kOne, kTwo };  // kTwo: with the columns of the base

std::string EncodeTreeJson(const CallTree& tree, const TreeHeader& header, Sides sides);
std::string EncodeLinesJson(const LineTotals& lines, Sides sides);

// Appends `text` as a JSON string. Bytes that are not UTF-8 become U+FFFD.
void AppendJsonString(std::string& out, std::string_view text);

}  // namespace anneal
