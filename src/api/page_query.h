// What the page's GET calls ask for: the query string of /anneal/v1/… as values.
// docs/guide/page-api.md describes the calls.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/query.h"
#include "net/http.h"
#include "store/store.h"

namespace anneal {

// A selection of profiles, perhaps with one to compare with.
struct PageQuery {
  Selection selection;
  std::optional<Selection> base;
  // Only stacks that begin, from the root, with functions of these names. Empty: all.
  std::vector<std::string> path;
  // Of these only stacks that pass all of `focus` and none of `ignore`, anywhere.
  std::vector<std::string> focus, ignore;
};

// Fields type, selector, from, until (milliseconds), and baseType, baseSelector, baseFrom,
// baseUntil: a base is asked for by any of the four, and takes what it leaves out from the others.
// `path`, `focus` and `ignore` may come several times. kInvalidArgument names the field.
Result<PageQuery> ParsePageQuery(const QueryContext& context, const HttpTarget& target);

// A count from a field; `fallback` when it is absent. kInvalidArgument for what is no number.
Result<int64_t> NumberField(const HttpTarget& target, std::string_view name, int64_t fallback);

// The profiles that a query selects, merged, their stacks cut down to its path.
struct PageProfiles {
  Profile profile;
  std::optional<Profile> base;
};
Result<PageProfiles> SelectPageProfiles(const QueryContext& context, const PageQuery& query);

}  // namespace anneal
