#include "store/sample_link.h"

#include <fmt/format.h>

#include <algorithm>

namespace anneal {
namespace {

std::optional<uint64_t> ParseHex(std::string_view text) {
  uint64_t number = 0;
  for (char c : text) {
    unsigned digit;
    if (c >= '0' && c <= '9') {
      digit = static_cast<unsigned>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<unsigned>(c - 'a') + 10;
    } else if (c >= 'A' && c <= 'F') {
      digit = static_cast<unsigned>(c - 'A') + 10;
    } else {
      return std::nullopt;
    }
    number = number << 4 | digit;
  }
  return number;
}

}  // namespace

std::optional<SpanId> ParseSpanId(std::string_view text) {
  if (text.size() != 16) return std::nullopt;
  return ParseHex(text);
}

std::optional<TraceId> ParseTraceId(std::string_view text) {
  if (text.size() != 32) return std::nullopt;
  TraceId trace;
  for (size_t i = 0; i < trace.size(); ++i) {
    std::optional<uint64_t> byte = ParseHex(text.substr(2 * i, 2));
    if (!byte.has_value()) return std::nullopt;
    trace[i] = static_cast<uint8_t>(*byte);
  }
  return trace;
}

std::string FormatSpanId(SpanId span) { return fmt::format("{:016x}", span); }

std::string FormatTraceId(const TraceId& trace) {
  std::string text;
  for (uint8_t byte : trace) text += fmt::format("{:02x}", byte);
  return text;
}

SampleLink LinkOfSample(const Profile& profile, size_t sample) {
  SampleLink link;
  SpanId old_span = 0;
  for (const Label& label : profile.Labels(sample)) {
    std::string_view key = profile.Text(label.key);
    if (key == kSpanIdLabel) link.span = ParseSpanId(profile.Text(label.str)).value_or(link.span);
    if (key == kOldSpanIdLabel) old_span = ParseSpanId(profile.Text(label.str)).value_or(old_span);
    if (key == kTraceIdLabel) {
      link.trace = ParseTraceId(profile.Text(label.str)).value_or(link.trace);
    }
  }
  if (link.span == 0) link.span = old_span;
  return link;
}

LinkFilter::LinkFilter(std::span<const SpanId> spans, std::span<const TraceId> traces)
    : spans_(spans.begin(), spans.end()), traces_(traces.begin(), traces.end()) {
  std::ranges::sort(spans_);
  std::ranges::sort(traces_);
}

bool LinkFilter::Passes(const SampleLink& link) const {
  // 0 is no id: what asks for it gets nothing, rather than all that has none.
  if (!spans_.empty() && (link.span == 0 || !std::ranges::binary_search(spans_, link.span))) {
    return false;
  }
  return traces_.empty() ||
         (link.trace != TraceId() && std::ranges::binary_search(traces_, link.trace));
}

}  // namespace anneal
