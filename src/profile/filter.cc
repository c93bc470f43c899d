// Filters. What matches is decided once per string and once per location; samples then only look
// decisions up. Semantics: google/pprof profile/filter.go, tested against it.
#include "profile/filter.h"

#include <re2/re2.h>

#include <algorithm>

#include "profile/merge.h"
#include "profile/sample_builder.h"

namespace anneal {
namespace {

// One compiled option, with the verdict on each string remembered.
class Pattern {
 public:
  Status Compile(std::string_view name, const std::string& pattern, size_t strings) {
    if (pattern.empty()) return {};
    RE2::Options options;
    options.set_log_errors(false);
    regex_ = std::make_unique<RE2>(pattern, options);
    if (!regex_->ok()) {
      return InvalidArgument("{} pattern '{}': {}", name, pattern, regex_->error());
    }
    verdicts_.assign(strings, kUnknown);
    return {};
  }
  explicit operator bool() const { return regex_ != nullptr; }

  bool Matches(const Profile& p, StringId id) {
    uint8_t& verdict = verdicts_[Index(id)];
    if (verdict == kUnknown) {
      std::string_view text = p.Text(id);
      verdict = RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *regex_) ? kYes : kNo;
    }
    return verdict == kYes;
  }
  bool Matches(const Profile& p, const Line& line) {
    const Function& f = p.functions[Index(line.function)];
    return Matches(p, f.name) || Matches(p, f.file);
  }
  bool MatchesMapping(const Profile& p, const Location& l) {
    return l.mapping != MappingId::kNone && Matches(p, p.mappings[Index(l.mapping)].file);
  }
  bool Matches(const Profile& p, const Location& l) {
    for (uint32_t i = l.lines_begin; i < l.lines_end; ++i) {
      if (Matches(p, p.lines[i])) return true;
    }
    return MatchesMapping(p, l);
  }

 private:
  static constexpr uint8_t kUnknown = 0, kNo = 1, kYes = 2;
  std::unique_ptr<RE2> regex_;
  std::vector<uint8_t> verdicts_;
};

class Filter {
 public:
  explicit Filter(const Profile& profile) : in_(profile), builder_(profile) {}

  Status Compile(const FilterOptions& options) {
    size_t strings = in_.strings.size();
    TRY(focus_.Compile("focus", options.focus, strings));
    TRY(ignore_.Compile("ignore", options.ignore, strings));
    TRY(hide_.Compile("hide", options.hide, strings));
    TRY(show_.Compile("show", options.show, strings));
    return show_from_.Compile("show_from", options.show_from, strings);
  }

  Profile Run() {
    fates_.resize(in_.locations.size());
    Profile& out = builder_.profile();
    out.lines.clear();
    for (size_t i = 0; i < in_.locations.size(); ++i) JudgeLocation(i);
    for (size_t s = 0; s < in_.SampleCount(); ++s) FilterSample(s);
    return builder_.Finish();
  }

 private:
  struct Fate {
    bool focused = false, ignored = false, hidden = false, shows_from = false;
  };

  void JudgeLocation(size_t position);
  void FilterSample(size_t sample);
  bool ByName() { return focus_ || ignore_ || hide_ || show_; }

  const Profile& in_;
  SampleBuilder builder_;
  Pattern focus_, ignore_, hide_, show_, show_from_;
  std::vector<Fate> fates_;
  std::vector<LocationId> stack_;
};

// Decides what becomes of a location, and writes the lines of it that stay.
void Filter::JudgeLocation(size_t position) {
  const Location& l = in_.locations[position];
  Profile& out = builder_.profile();
  Fate& fate = fates_[position];
  fate.ignored = ignore_ && ignore_.Matches(in_, l);
  fate.focused = !fate.ignored && (!focus_ || focus_.Matches(in_, l));
  bool hide_all = hide_ && hide_.MatchesMapping(in_, l);
  bool show_all = show_ && show_.MatchesMapping(in_, l);

  uint32_t begin = static_cast<uint32_t>(out.lines.size());
  for (uint32_t i = l.lines_begin; i < l.lines_end; ++i) {
    const Line& line = in_.lines[i];
    if (hide_ && (hide_all || hide_.Matches(in_, line))) continue;
    if (show_ && !show_all && !show_.Matches(in_, line)) continue;
    out.lines.push_back(line);
  }
  bool no_lines = out.lines.size() == begin;
  fate.hidden = no_lines && (show_ || (hide_ && hide_.Matches(in_, l)));

  if (show_from_) {
    // Inlined frames come first: the highest match is the last line that matches.
    bool whole = show_from_.MatchesMapping(in_, l);
    size_t keep = out.lines.size();
    while (!whole && keep > begin && !show_from_.Matches(in_, out.lines[keep - 1])) --keep;
    fate.shows_from = whole || keep > begin;
    if (fate.shows_from) out.lines.resize(keep);
  }
  out.locations[position].lines_begin = begin;
  out.locations[position].lines_end = static_cast<uint32_t>(out.lines.size());
}

void Filter::FilterSample(size_t sample) {
  std::span<const LocationId> stack = in_.Stack(sample);
  stack_.assign(stack.begin(), stack.end());
  auto fate = [&](LocationId id) -> const Fate& { return fates_[Index(id)]; };
  if (ByName()) {
    auto ignored = [&](LocationId id) { return fate(id).ignored; };
    auto focused = [&](LocationId id) { return fate(id).focused; };
    if (std::any_of(stack_.begin(), stack_.end(), ignored)) return;
    if (std::none_of(stack_.begin(), stack_.end(), focused)) return;
    std::erase_if(stack_, [&](LocationId id) { return fate(id).hidden; });
    if (stack_.empty()) return;
  }
  if (show_from_) {
    while (!stack_.empty() && !fate(stack_.back()).shows_from) stack_.pop_back();
    if (stack_.empty()) return;
  }
  builder_.Append(stack_, in_.Values(sample), in_.Labels(sample));
}

}  // namespace

Result<Profile> FilterProfile(const Profile& profile, const FilterOptions& options) {
  Filter filter(profile);
  TRY(filter.Compile(options));
  return Canonical(filter.Run());
}

Profile KeepLeafLocations(const Profile& profile, uint32_t count) {
  if (count == 0) return Canonical(profile);
  SampleBuilder builder(profile);
  for (size_t s = 0; s < profile.SampleCount(); ++s) {
    std::span<const LocationId> stack = profile.Stack(s);
    builder.Append(stack.first(std::min<size_t>(count, stack.size())), profile.Values(s),
                   profile.Labels(s));
  }
  return Canonical(builder.Finish());
}

Profile SelectSampleType(const Profile& profile, size_t sample_type) {
  SampleBuilder builder(profile);
  ValueType type = profile.sample_types[sample_type];
  builder.profile().sample_types = {type};
  // A default that names another column would name nothing.
  if (profile.Text(profile.default_sample_type) != profile.Text(type.type)) {
    builder.profile().default_sample_type = StringId::kEmpty;
  }
  for (size_t s = 0; s < profile.SampleCount(); ++s) {
    builder.Append(profile.Stack(s), profile.Values(s).subspan(sample_type, 1), profile.Labels(s));
  }
  return Canonical(builder.Finish());
}

Profile DropLabels(const Profile& profile) {
  SampleBuilder builder(profile);
  for (size_t s = 0; s < profile.SampleCount(); ++s) {
    builder.Append(profile.Stack(s), profile.Values(s), {});
  }
  return Canonical(builder.Finish());
}

}  // namespace anneal
