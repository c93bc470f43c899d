// Trees of stacks as Pyroscope's agents serialise them. Both formats are a walk from the root,
// parents before children; a node is
//
//   uvarint size of the name, the name, uvarint value, uvarint number of children
//
// In a tree a node is a frame and its value what the stack that ends there counts. In a trie nodes
// hold pieces of text, and the pieces from the root to a node, put together, are a stack "a;b;c".
// The root's name is empty. Source: Pyroscope's documentation of /ingest, formats tree and trie.
#pragma once

#include <string_view>

#include "base/status.h"
#include "profile/pprof.h"
#include "profile/profile.h"

namespace anneal {

// A profile of one sample type, canonical order. kInvalidArgument, with the byte, when the text is
// cut short, goes on behind its last node, or holds a name that is not UTF-8 or a value beyond 63
// bits; kResourceExhausted when the stacks, each written out, exceed limits.max_bytes or
// limits.max_samples: a few bytes can stand for very many. Stacks deeper than
// limits.max_stack_depth are cut on the leaf's side.
Result<Profile> DecodeStackTree(std::string_view bytes, std::string_view type,
                                std::string_view unit, const DecodeLimits& limits = {});
Result<Profile> DecodeStackTrie(std::string_view bytes, std::string_view type,
                                std::string_view unit, const DecodeLimits& limits = {});

}  // namespace anneal
