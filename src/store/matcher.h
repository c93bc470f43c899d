// Matchers made ready to run: regular expressions compiled once, anchored at both ends.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "store/labels.h"
#include "store/query_control.h"

namespace re2 {
class RE2;
}

namespace anneal {

class CompiledMatcher {
 public:
  // kInvalidArgument when the pattern does not compile, naming label and pattern.
  static Result<CompiledMatcher> Compile(const LabelMatcher& matcher);
  ~CompiledMatcher();
  CompiledMatcher(CompiledMatcher&&) noexcept;
  CompiledMatcher& operator=(CompiledMatcher&&) noexcept;

  const std::string& name() const { return matcher_.name; }
  const LabelMatcher& matcher() const { return matcher_; }
  // A label that is missing has the value "".
  bool Matches(std::string_view value) const;
  bool MatchesEmpty() const { return matches_empty_; }

 private:
  CompiledMatcher(LabelMatcher matcher, std::unique_ptr<re2::RE2> pattern);

  LabelMatcher matcher_;
  std::unique_ptr<re2::RE2> pattern_;  // null for = and !=
  bool matches_empty_ = false;
};

// Patterns that a query may have, in all its selectors: each takes milliseconds at worst.
inline constexpr size_t kMostPatterns = 100;
bool IsPattern(const LabelMatcher& matcher);
// What is said of more: kInvalidArgument.
Status TooManyPatterns();

// `control` is asked before each pattern; null: not.
Result<std::vector<CompiledMatcher>> CompileMatchers(std::span<const LabelMatcher> matchers,
                                                     const QueryControl* control = nullptr);

// Whether all of them hold for a label set. For one set; series_index.h selects among many.
bool MatchesAll(std::span<const CompiledMatcher> matchers, const LabelSet& labels);

}  // namespace anneal
