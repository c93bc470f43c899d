// SampleLink: which span of which trace a sample was taken in.
//
// Tracing SDKs write them as labels of samples, `span_id` in 16 and `trace_id` in 32 hexadecimal
// digits; older ones call the span's `profile_id`, as Pyroscope's did. They are kept beside the
// values rather than in series labels: they differ per request.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "profile/profile.h"

namespace anneal {

// The number that the digits spell; 0: none.
using SpanId = uint64_t;
// The bytes that the digits spell, in their order; all zeros: none.
using TraceId = std::array<uint8_t, 16>;

inline constexpr std::string_view kSpanIdLabel = "span_id";
inline constexpr std::string_view kOldSpanIdLabel = "profile_id";
inline constexpr std::string_view kTraceIdLabel = "trace_id";

struct SampleLink {
  SpanId span = 0;
  TraceId trace{};

  bool empty() const { return *this == SampleLink(); }
  auto operator<=>(const SampleLink&) const = default;
};

// nullopt unless `text` is exactly 16 (32) hexadecimal digits of either case.
std::optional<SpanId> ParseSpanId(std::string_view text);
std::optional<TraceId> ParseTraceId(std::string_view text);
// In lower case.
std::string FormatSpanId(SpanId span);
std::string FormatTraceId(const TraceId& trace);

// What the sample's labels say; a label that is not an id counts as absent.
SampleLink LinkOfSample(const Profile& profile, size_t sample);

// The ids that a selection asks for; a list that is empty asks for nothing in particular.
class LinkFilter {
 public:
  LinkFilter(std::span<const SpanId> spans, std::span<const TraceId> traces);

  // Whether every sample passes, those without ids included.
  bool PassesAll() const { return spans_.empty() && traces_.empty(); }
  bool Passes(const SampleLink& link) const;

 private:
  std::vector<SpanId> spans_;  // sorted, as traces_
  std::vector<TraceId> traces_;
};

}  // namespace anneal
