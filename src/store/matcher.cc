#include "store/matcher.h"

#include <re2/re2.h>

namespace anneal {

CompiledMatcher::CompiledMatcher(LabelMatcher matcher, std::unique_ptr<re2::RE2> pattern)
    : matcher_(std::move(matcher)), pattern_(std::move(pattern)) {
  matches_empty_ = Matches("");
}
CompiledMatcher::~CompiledMatcher() = default;
CompiledMatcher::CompiledMatcher(CompiledMatcher&&) noexcept = default;
CompiledMatcher& CompiledMatcher::operator=(CompiledMatcher&&) noexcept = default;

Result<CompiledMatcher> CompiledMatcher::Compile(const LabelMatcher& matcher) {
  std::unique_ptr<re2::RE2> pattern;
  if (matcher.op == LabelMatcher::Op::kMatch || matcher.op == LabelMatcher::Op::kNotMatch) {
    re2::RE2::Options options;
    options.set_log_errors(false);
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

Result<std::vector<CompiledMatcher>> CompileMatchers(std::span<const LabelMatcher> matchers) {
  std::vector<CompiledMatcher> compiled;
  compiled.reserve(matchers.size());
  for (const LabelMatcher& matcher : matchers) {
    ASSIGN_OR_RETURN(CompiledMatcher ready, CompiledMatcher::Compile(matcher));
    compiled.push_back(std::move(ready));
  }
  return compiled;
}

bool MatchesAll(std::span<const CompiledMatcher> matchers, const LabelSet& labels) {
  for (const CompiledMatcher& matcher : matchers) {
    if (!matcher.Matches(FindLabel(labels, matcher.name()))) return false;
  }
  return true;
}

}  // namespace anneal
