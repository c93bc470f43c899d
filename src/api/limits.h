// Limits on what a client may send and ask for. Generous by default: a limit is there to keep one
// client from taking the whole server, not to shape what people profile. 0 means unlimited.
// Messages name the server's setting, limits.samples for max_samples.
#pragma once

#include <cstddef>
#include <cstdint>

namespace anneal {

enum class LabelNames {
  kAsSent,
  kSanitized,  // characters other than letters, digits and _ become _
};

struct Limits {
  // --- pushing; a breach refuses the profile with a message that names the limit -------------
  // A request's body after decompression, all profiles in it together. Bytes.
  size_t max_body_bytes = size_t{256} << 20;
  // One profile after decompression. Bytes.
  size_t max_profile_bytes = size_t{256} << 20;
  // Samples of one profile, before any are dropped or split off.
  size_t max_samples = 10'000'000;
  // Profiles of one request.
  size_t max_profiles = 100'000;
  // Labels of one sample.
  size_t max_sample_labels = 1'000;
  // Locations of one sample; longer stacks lose their leaves, which keeps them mergeable.
  size_t max_stack_depth = 65'536;
  // Frames inlined into one location.
  size_t max_inlined_frames = 1'000;
  // One string of a profile: a function's name, a file. Longer ones keep their end. Bytes.
  size_t max_symbol_bytes = size_t{1} << 20;
  // Labels of one series, those that the server adds not counted.
  size_t max_labels = 100;
  size_t max_label_name_bytes = 1'024;
  size_t max_label_value_bytes = 16'384;
  // What names of labels are stored as.
  LabelNames label_names = LabelNames::kAsSent;
  // Values of __session_id__ told apart, so that short-lived processes do not make a series each:
  // an id becomes its remainder. 0: all.
  uint64_t max_sessions = 0;
  // Series that one profile may be split into by the labels of its samples, per sample type.
  size_t max_series_per_profile = 10'000;
  // Bytes a second, per tenant, of profiles (uncompressed) and labels; bursts of up to
  // ingest_burst_bytes pass (0: a second's worth).
  uint64_t ingest_rate_bytes = 0;
  uint64_t ingest_burst_bytes = 0;
  // Profiles that began longer than this before or after now are refused. Nanoseconds.
  int64_t max_age_ns = 0;
  int64_t max_future_ns = int64_t{600} * 1'000'000'000;

  // Published PGO records kept of each service, the newest.
  size_t max_published_records = 200;

  // --- querying -----------------------------------------------------------------------------
  // Longest time range of one query. Nanoseconds.
  int64_t max_query_length_ns = 0;
  // How far back a query sees: windows are cut off there, and those before it are empty.
  int64_t max_query_lookback_ns = 0;
  // What one query may take: time, and memory of the store for sums and the merge, which all
  // queries at a time share. Nanoseconds, bytes.
  int64_t max_query_time_ns = int64_t{60} * 1'000'000'000;
  uint64_t max_query_memory_bytes = uint64_t{1} << 30;
  // Nodes of a flame graph: when the client names none, and the most it may ask for.
  int64_t default_flame_nodes = 8'192;
  int64_t max_flame_nodes = 1'048'576;
  // Points of one series in an answer: range / step.
  size_t max_series_points = 1'000'000;
};

}  // namespace anneal
