#include "api/page_query.h"

#include <charconv>

#include "api/stack_selector.h"

namespace anneal {
namespace {

bool Has(const HttpTarget& target, std::string_view name) {
  return std::any_of(target.query.begin(), target.query.end(),
                     [&](const auto& field) { return field.first == name; });
}

// The names of the fields that make one selection.
struct SelectionFields {
  std::string_view type, selector, from, until;
};
constexpr SelectionFields kMain = {"type", "selector", "from", "until"};
constexpr SelectionFields kBase = {"baseType", "baseSelector", "baseFrom", "baseUntil"};

// What `fields` leave out is taken from kMain's.
Result<Selection> ParseSelection(const QueryContext& context, const HttpTarget& target,
                                 const SelectionFields& fields) {
  auto name = [&](std::string_view own, std::string_view main) {
    return Has(target, own) ? own : main;
  };
  std::string_view from = name(fields.from, kMain.from), until = name(fields.until, kMain.until);
  if (target.Get(name(fields.type, kMain.type)).empty()) {
    return InvalidArgument(
        "type is missing; give a profile type, as process_cpu:cpu:nanoseconds:cpu:nanoseconds");
  }
  ASSIGN_OR_RETURN(int64_t from_ms, NumberField(target, from, 0));
  ASSIGN_OR_RETURN(int64_t until_ms, NumberField(target, until, 0));
  if (from_ms <= 0 || until_ms <= 0) {
    return InvalidArgument("{} and {} must be given, in milliseconds since 1970", from, until);
  }
  std::string_view selector = target.Get(name(fields.selector, kMain.selector), "{}");
  return CheckSelection(context, target.Get(name(fields.type, kMain.type)), selector, from_ms,
                        until_ms);
}

Result<Profile> SelectOne(const QueryContext& context, const Selection& selection,
                          const PageQuery& query) {
  ASSIGN_OR_RETURN(Profile profile, context.store.Merge(selection));
  if (profile.SampleCount() == 0) return profile;
  if (!query.path.empty()) profile = SelectCallSite(profile, query.path);
  if (query.focus.empty() && query.ignore.empty()) return profile;
  return SelectThrough(profile, query.focus, query.ignore);
}

}  // namespace

Result<int64_t> NumberField(const HttpTarget& target, std::string_view name, int64_t fallback) {
  std::string_view text = target.Get(name);
  if (text.empty()) return fallback;
  int64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    return InvalidArgument("{} is `{}`; it must be a whole number", name, text.substr(0, 64));
  }
  return number;
}

Result<PageQuery> ParsePageQuery(const QueryContext& context, const HttpTarget& target) {
  PageQuery query;
  ASSIGN_OR_RETURN(query.selection, ParseSelection(context, target, kMain));
  const std::string_view base_fields[] = {kBase.type, kBase.selector, kBase.from, kBase.until};
  if (std::any_of(std::begin(base_fields), std::end(base_fields),
                  [&](std::string_view name) { return Has(target, name); })) {
    Result<Selection> base = ParseSelection(context, target, kBase);
    if (!base.ok()) return base.status().Annotate("the base to compare with");
    query.base = *std::move(base);
  }
  for (const auto& [name, value] : target.query) {
    if (name == "path") query.path.push_back(value);
    if (name == "focus") query.focus.push_back(value);
    if (name == "ignore") query.ignore.push_back(value);
  }
  return query;
}

Result<PageProfiles> SelectPageProfiles(const QueryContext& context, const PageQuery& query) {
  PageProfiles profiles;
  ASSIGN_OR_RETURN(profiles.profile, SelectOne(context, query.selection, query));
  if (query.base) {
    ASSIGN_OR_RETURN(profiles.base, SelectOne(context, *query.base, query));
  }
  return profiles;
}

}  // namespace anneal
