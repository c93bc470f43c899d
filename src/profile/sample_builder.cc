#include "profile/sample_builder.h"

namespace anneal {

SampleBuilder::SampleBuilder(const Profile& from) {
  out_.strings = from.strings;
  out_.sample_types = from.sample_types;
  out_.mappings = from.mappings;
  out_.functions = from.functions;
  out_.lines = from.lines;
  out_.locations = from.locations;
  out_.drop_frames = from.drop_frames;
  out_.keep_frames = from.keep_frames;
  out_.time_ns = from.time_ns;
  out_.duration_ns = from.duration_ns;
  out_.period_type = from.period_type;
  out_.period = from.period;
  out_.comments = from.comments;
  out_.default_sample_type = from.default_sample_type;
  out_.doc_url = from.doc_url;
  out_.stack_ends.reserve(from.SampleCount());
  out_.sample_locations.reserve(from.sample_locations.size());
  out_.sample_values.reserve(from.sample_values.size());
}

void SampleBuilder::Append(std::span<const LocationId> stack, std::span<const int64_t> values,
                           std::span<const Label> labels) {
  out_.sample_locations.insert(out_.sample_locations.end(), stack.begin(), stack.end());
  out_.stack_ends.push_back(static_cast<uint32_t>(out_.sample_locations.size()));
  out_.sample_values.insert(out_.sample_values.end(), values.begin(), values.end());
  out_.labels.insert(out_.labels.end(), labels.begin(), labels.end());
  out_.label_ends.push_back(static_cast<uint32_t>(out_.labels.size()));
}

Profile SampleBuilder::Finish() {
  if (out_.labels.empty()) out_.label_ends.clear();
  return std::exchange(out_, Profile());
}

}  // namespace anneal
