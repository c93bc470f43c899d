#include "store/matcher.h"

#include <re2/re2.h>

namespace anneal {
namespace {

// What a pattern may take, the compiled form and what matching keeps. Patterns that need more are
// repetitions of repetitions, which would take a tenth of a second each.
constexpr int64_t kPatternBytes = int64_t{1} << 20;

}  // namespace

bool IsPattern(const LabelMatcher& matcher) {
  return matcher.op == LabelMatcher::Op::kMatch || matcher.op == LabelMatcher::Op::kNotMatch;
}

CompiledMatcher::CompiledMatcher(LabelMatcher matcher, std::unique_ptr<re2::RE2> pattern)
    : matcher_(std::move(matcher)), pattern_(std::move(pattern)) {
  matches_empty_ = Matches("");
}
CompiledMatcher::~CompiledMatcher() = default;
CompiledMatcher::CompiledMatcher(CompiledMatcher&&) noexcept = default;
CompiledMatcher& CompiledMatcher::operator=(CompiledMatcher&&) noexcept = default;

Result<CompiledMatcher> CompiledMatcher::Compile(const LabelMatcher& matcher) {
  std::unique_ptr<re2::RE2> pattern;
  if (IsPattern(matcher)) {
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(kPatternBytes);
    options.set_dot_nl(true);  // as Prometheus: a dot matches any character
    pattern = std::make_unique<re2::RE2>(matcher.value, options);
    if (!pattern->ok()) {
      return InvalidArgument("label {}: the pattern \"{}\" does not compile: {}", matcher.name,
                             matcher.value, pattern->error());
    }
  }
  return CompiledMatcher(matcher, std::move(pattern));
}

bool CompiledMatcher::Matches(std::string_view value) const {
  switch (matcher_.op) {
    case LabelMatcher::Op::kEqual:
      return value == matcher_.value;
    case LabelMatcher::Op::kNotEqual:
      return value != matcher_.value;
    case LabelMatcher::Op::kMatch:
      return re2::RE2::FullMatch({value.data(), value.size()}, *pattern_);
    case LabelMatcher::Op::kNotMatch:
      return !re2::RE2::FullMatch({value.data(), value.size()}, *pattern_);
  }
  return false;
}

Result<std::vector<CompiledMatcher>> CompileMatchers(std::span<const LabelMatcher> matchers,
                                                     const QueryControl* control) {
  std::vector<CompiledMatcher> compiled;
  compiled.reserve(matchers.size());
  size_t patterns = 0;
  for (const LabelMatcher& matcher : matchers) {
    if (IsPattern(matcher)) {
      if (++patterns > kMostPatterns) return TooManyPatterns();
      if (control != nullptr) TRY(control->Check());
    }
    ASSIGN_OR_RETURN(CompiledMatcher ready, CompiledMatcher::Compile(matcher));
    compiled.push_back(std::move(ready));
  }
  return compiled;
}

Status TooManyPatterns() {
  return InvalidArgument(
      "a query may have {} matchers with =~ or !~; write several as one, as in a|b", kMostPatterns);
}

bool MatchesAll(std::span<const CompiledMatcher> matchers, const LabelSet& labels) {
  for (const CompiledMatcher& matcher : matchers) {
    if (!matcher.Matches(FindLabel(labels, matcher.name()))) return false;
  }
  return true;
}

}  // namespace anneal
