#include "pgo/decisions.h"

#include <absl/container/flat_hash_set.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <tuple>
#include <utility>

namespace anneal {
namespace {

// Splits `text` around the last `separator`.
std::optional<std::pair<std::string_view, std::string_view>> SplitLast(std::string_view text,
                                                                       std::string_view separator) {
  size_t at = text.rfind(separator);
  if (at == std::string_view::npos) return std::nullopt;
  return std::pair(text.substr(0, at), text.substr(at + separator.size()));
}

std::optional<std::pair<std::string_view, std::string_view>> SplitFirst(
    std::string_view text, std::string_view separator) {
  size_t at = text.find(separator);
  if (at == std::string_view::npos) return std::nullopt;
  return std::pair(text.substr(0, at), text.substr(at + separator.size()));
}

// Names the order of Decisions, and what makes two decisions one.
auto Key(const Decision& d) {
  return std::tie(d.package, d.position, d.kind, d.callee, d.caller, d.cost);
}
auto Site(const Decision& d) { return std::tie(d.package, d.position, d.kind, d.callee); }

class DecisionParser {
 public:
  void Line(std::string_view line) {
    if (line.starts_with("# ")) {
      package_ = line.substr(2);
      packages_.emplace(package_);
    } else if (!HotBudget(line) && !Devirtualised(line) && !Inlined(line) && !CannotInline(line)) {
      Counted(line);
    }
  }

  Decisions Finish() && {
    std::erase_if(result_.decisions, [&](const Decision& d) {
      // An allowed inlining may still be refused, as for recursion: then no line says it was done.
      bool done = d.kind != DecisionKind::kInlined || inlined_at_.contains({d.package, d.position});
      if (!done) {
        result_.refused_calls.push_back(
            {d.package, d.position, d.callee,
             d.callee == d.caller ? "it calls itself" : "allowed as hot, but not done"});
      }
      return !done;
    });
    for (const auto& [package, position, callee] : inlined_) {
      result_.inlined_calls.push_back({package, position, callee});
    }
    SortUnique(result_.inlined_calls);
    SortUnique(result_.refused_calls);
    SortUnique(result_.refused_functions);
    auto less = [](const Decision& a, const Decision& b) { return Key(a) < Key(b); };
    std::sort(result_.decisions.begin(), result_.decisions.end(), less);
    auto last = std::unique(result_.decisions.begin(), result_.decisions.end());
    result_.decisions.erase(last, result_.decisions.end());
    result_.inlined_sites = static_cast<int64_t>(inlined_.size());
    result_.hot_functions = static_cast<int64_t>(hot_functions_.size());
    result_.refused_big = static_cast<int64_t>(refused_.size());
    result_.packages = static_cast<int64_t>(packages_.size());
    return std::move(result_);
  }

 private:
  template <typename Row>
  static void SortUnique(std::vector<Row>& rows) {
    std::sort(rows.begin(), rows.end(),
              [](const Row& a, const Row& b) { return Order(a) < Order(b); });
    rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  }
  static auto Order(const InlinedCall& c) { return std::tie(c.package, c.position, c.callee); }
  static auto Order(const Refusal& r) { return std::tie(r.package, r.position, r.callee, r.why); }

  // "./x.go:10:6: cannot inline big: function too complex: cost 91 exceeds budget 80"
  bool CannotInline(std::string_view line) {
    auto parts = SplitFirst(line, ": cannot inline ");
    if (!parts) return false;
    auto function = SplitFirst(parts->second, ": ");
    if (!function) return false;
    result_.refused_functions.push_back({package_, std::string(parts->first),
                                         std::string(function->first),
                                         std::string(function->second)});
    return true;
  }

  // "F (cost 900) at ./x.go:99:2 in big function G"
  void RefusedByBigCaller(std::string_view rest) {
    refused_.emplace(package_, rest);
    auto caller = SplitLast(rest, " in big function ");
    auto position = caller ? SplitLast(caller->first, " at ") : std::nullopt;
    auto cost = position ? SplitLast(position->first, " (cost ") : std::nullopt;
    if (!cost) return;
    result_.refused_calls.push_back({package_, std::string(position->second),
                                     std::string(cost->first),
                                     fmt::format("the caller, {}, is big", caller->second)});
  }

  // "hot-budget check allows inlining for call F (cost 91) at ./x.go:10:18 in function G"
  bool HotBudget(std::string_view line) {
    constexpr std::string_view kStart = "hot-budget check allows inlining for call ";
    if (!line.starts_with(kStart)) return false;
    auto caller = SplitLast(line.substr(kStart.size()), " in function ");
    if (!caller) return false;
    auto position = SplitLast(caller->first, " at ");
    if (!position) return false;
    auto cost = SplitLast(position->first, " (cost ");
    if (!cost) return false;
    Decision d{.kind = DecisionKind::kInlined,
               .package = package_,
               .position = std::string(position->second),
               .callee = std::string(cost->first),
               .caller = std::string(caller->second)};
    std::string_view digits = cost->second;
    std::from_chars(digits.data(), digits.data() + digits.size(), d.cost);
    result_.decisions.push_back(std::move(d));
    return true;
  }

  // "./x.go:85:16: PGO devirtualizing interface call s.Area to (*Box).Area"
  bool Devirtualised(std::string_view line) {
    auto parts = SplitFirst(line, ": PGO devirtualizing ");
    if (!parts) return false;
    auto what = SplitFirst(parts->second, " call ");
    if (!what) return false;
    auto call = SplitLast(what->second, " to ");
    if (!call) return false;
    result_.decisions.push_back({.kind = what->first == "interface"
                                             ? DecisionKind::kDevirtualisedInterface
                                             : DecisionKind::kDevirtualisedFunction,
                                 .package = package_,
                                 .position = std::string(parts->first),
                                 .callee = std::string(call->second),
                                 .caller = std::string(call->first)});
    return true;
  }

  // "./x.go:46:14: inlining call to mixed"
  bool Inlined(std::string_view line) {
    auto parts = SplitFirst(line, ": inlining call to ");
    if (!parts) return false;
    inlined_.emplace(package_, parts->first, parts->second);
    inlined_at_.emplace(package_, parts->first);
    return true;
  }

  void Counted(std::string_view line) {
    constexpr std::string_view kThreshold = "hot-callsite-thres-from-CDF=";
    constexpr std::string_view kHotNode = "hot-node enabled increased budget=";
    constexpr std::string_view kBig = "hot-big check disallows inlining for call ";
    if (line.starts_with(kThreshold)) {
      std::string_view number = line.substr(kThreshold.size());
      std::from_chars(number.data(), number.data() + number.size(), result_.threshold_percent);
    } else if (line.starts_with(kHotNode)) {
      if (auto parts = SplitFirst(line, " for func=")) hot_functions_.emplace(parts->second);
    } else if (line.starts_with(kBig)) {
      RefusedByBigCaller(line.substr(kBig.size()));
    }
  }

  Decisions result_;
  std::string package_;
  absl::flat_hash_set<std::string> packages_, hot_functions_;
  absl::flat_hash_set<std::tuple<std::string, std::string, std::string>> inlined_;
  absl::flat_hash_set<std::pair<std::string, std::string>> inlined_at_, refused_;
};

}  // namespace

std::string_view DecisionKindName(DecisionKind kind) {
  switch (kind) {
    case DecisionKind::kInlined:
      return "inlined";
    case DecisionKind::kDevirtualisedInterface:
      return "devirtualised interface call";
    case DecisionKind::kDevirtualisedFunction:
      return "devirtualised function call";
  }
  return "";
}

int64_t Decisions::Count(DecisionKind kind) const {
  return std::count_if(decisions.begin(), decisions.end(),
                       [kind](const Decision& d) { return d.kind == kind; });
}

Decisions ParseDecisions(std::string_view output) {
  DecisionParser parser;
  while (!output.empty()) {
    size_t end = output.find('\n');
    std::string_view line = output.substr(0, end);
    output.remove_prefix(end == std::string_view::npos ? output.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    parser.Line(line);
  }
  return std::move(parser).Finish();
}

DecisionDiff DiffDecisions(const Decisions& before, const Decisions& after) {
  auto less = [](const Decision& a, const Decision& b) { return Site(a) < Site(b); };
  // Callers are not part of the site: a site inlined into several counts once.
  auto sites = [](const Decisions& from) {
    std::vector<Decision> list = from.decisions;
    auto same = [](const Decision& a, const Decision& b) { return Site(a) == Site(b); };
    list.erase(std::unique(list.begin(), list.end(), same), list.end());
    return list;
  };
  std::vector<Decision> old_sites = sites(before), new_sites = sites(after);
  DecisionDiff diff;
  std::set_difference(new_sites.begin(), new_sites.end(), old_sites.begin(), old_sites.end(),
                      std::back_inserter(diff.gained), less);
  std::set_difference(old_sites.begin(), old_sites.end(), new_sites.begin(), new_sites.end(),
                      std::back_inserter(diff.lost), less);
  diff.kept = new_sites.size() - diff.gained.size();
  return diff;
}

}  // namespace anneal
