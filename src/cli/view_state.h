// The page's view as one value: the query of its address, "v=1&page=compare&panel=table". The
// page (ui/src/profile/state.ts) reads it; here it is checked, completed and written. Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"

namespace anneal {

// Fields in order; `do` may come several times.
using ViewState = std::vector<std::pair<std::string, std::string>>;

// Reads what `--state` takes: a query, perhaps behind '?' or '#' or with the whole address before
// it, or a JSON object of the same fields. kInvalidArgument names a field that the page does not
// know, or a version other than 1.
Result<ViewState> ParseViewState(std::string_view text);

// `given` wins over `standard`, field by field.
ViewState MergeViewStates(const ViewState& standard, const ViewState& given);

// "v=1&…", percent-encoded.
std::string WriteViewState(const ViewState& state);

}  // namespace anneal
