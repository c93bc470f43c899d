#include "store/profile_record.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace anneal {
namespace {

// Flags say which optional parts follow; unknown ones are an error, so that an old program does
// not misread a newer record.
enum Flags : uint8_t {
  kSigned = 1,  // values are zigzag coded
  kLinked = 2,  // links follow the values
};
constexpr uint8_t kKnownFlags = kSigned | kLinked;

uint64_t Magnitude(int64_t v) {
  return v < 0 ? uint64_t{0} - static_cast<uint64_t>(v) : static_cast<uint64_t>(v);
}

// Sums equal stacks, drops zeros.
void Compact(std::vector<StackValue>& values) {
  auto less = [](const StackValue& a, const StackValue& b) { return a.stack < b.stack; };
  if (!std::ranges::is_sorted(values, less)) std::ranges::sort(values, less);
  size_t kept = 0;
  for (size_t i = 0; i < values.size();) {
    StackValue sum = values[i++];
    while (i < values.size() && values[i].stack == sum.stack) {
      sum.value = WrappingAdd(sum.value, values[i++].value);
    }
    if (sum.value != 0) values[kept++] = sum;
  }
  values.resize(kept);
}

void Compact(std::vector<LinkedValue>& links) {
  auto key = [](const LinkedValue& l) { return std::tie(l.stack, l.link); };
  std::ranges::sort(links, [&](const auto& a, const auto& b) { return key(a) < key(b); });
  size_t kept = 0;
  for (size_t i = 0; i < links.size();) {
    LinkedValue sum = links[i++];
    while (i < links.size() && key(links[i]) == key(sum)) {
      sum.value = WrappingAdd(sum.value, links[i++].value);
    }
    if (sum.value != 0) links[kept++] = sum;
  }
  links.resize(kept);
}

// How values are written: as quotients of their greatest common divisor.
struct ValueCode {
  uint64_t unit = 0;
  bool is_signed = false;

  void Cover(int64_t value) {
    if (unit != 1) unit = std::gcd(unit, Magnitude(value));
    is_signed |= value < 0;
  }
  void Put(std::string& out, int64_t value) const {
    uint64_t quotient = Magnitude(value) / unit;
    if (is_signed) {
      // Two's complement, so that -2^63 / 1 keeps its sign.
      uint64_t n = value < 0 ? uint64_t{0} - quotient : quotient;
      quotient = ZigZag(static_cast<int64_t>(n));
    }
    PutVarint(out, quotient);
  }
};

// The distinct ids of links, sorted; a link names one by its place + 1, none by 0.
template <typename Id>
std::vector<Id> Distinct(const std::vector<LinkedValue>& links, Id SampleLink::* member) {
  std::vector<Id> ids;
  for (const LinkedValue& l : links) {
    if (l.link.*member != Id()) ids.push_back(l.link.*member);
  }
  std::ranges::sort(ids);
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}
template <typename Id>
uint64_t PlaceOf(const std::vector<Id>& ids, const Id& id) {
  if (id == Id()) return 0;
  return static_cast<uint64_t>(std::ranges::lower_bound(ids, id) - ids.begin()) + 1;
}

void PutLinks(std::string& out, const std::vector<LinkedValue>& links, const ValueCode& code) {
  const std::vector<SpanId> spans = Distinct(links, &SampleLink::span);
  const std::vector<TraceId> traces = Distinct(links, &SampleLink::trace);
  PutVarint(out, spans.size());
  for (SpanId span : spans) PutBig64(out, span);
  PutVarint(out, traces.size());
  for (const TraceId& trace : traces) {
    out.append(reinterpret_cast<const char*>(trace.data()), trace.size());
  }
  PutVarint(out, links.size());
  uint32_t last = 0;
  for (const LinkedValue& l : links) {
    auto id = static_cast<uint32_t>(l.stack);
    PutVarint(out, id - last);
    PutVarint(out, PlaceOf(spans, l.link.span));
    PutVarint(out, PlaceOf(traces, l.link.trace));
    code.Put(out, l.value);
    last = id;
  }
}

}  // namespace

std::string EncodeProfileRecord(ProfileHeader header, std::vector<StackValue>& values,
                                std::vector<LinkedValue> links) {
  Compact(values);
  Compact(links);
  ValueCode code;
  header.total = 0;
  for (const StackValue& v : values) {
    code.Cover(v.value);
    header.total = WrappingAdd(header.total, v.value);
  }
  for (const LinkedValue& l : links) code.Cover(l.value);
  if (code.unit == 0) code.unit = 1;

  std::string out;
  out.reserve(40 + values.size() * 3);
  out.push_back(static_cast<char>(kProfileRecordVersion));
  out.push_back(static_cast<char>((code.is_signed ? kSigned : 0) | (links.empty() ? 0 : kLinked)));
  PutZigZag(out, header.duration_ns);
  PutZigZag(out, header.period);
  PutZigZag(out, header.total);
  PutVarint(out, header.main_mapping == MappingId::kNone ? 0 : Index(header.main_mapping) + 1);
  PutVarint(out, values.size());
  PutVarint(out, code.unit);
  uint32_t next = 0;  // the smallest id that may follow
  for (const StackValue& v : values) {
    auto id = static_cast<uint32_t>(v.stack);
    PutVarint(out, id - next);
    next = id + 1;
  }
  for (const StackValue& v : values) code.Put(out, v.value);
  if (!links.empty()) PutLinks(out, links, code);
  return out;
}

std::vector<StackValue> StackSums::Take() {
  std::sort(touched_.begin(), touched_.end());
  std::vector<StackValue> values;
  values.reserve(touched_.size());
  for (uint32_t stack : touched_) {
    if (sums_[stack] == 0) continue;
    values.push_back({static_cast<StackId>(stack), sums_[stack]});
    sums_[stack] = 0;
  }
  touched_.clear();
  return values;
}

Result<ProfileRecordReader> ProfileRecordReader::Open(std::string_view record) {
  ProfileRecordReader reader{ByteReader(record)};
  ByteReader& in = reader.in_;
  uint8_t version = in.Byte();
  reader.flags_ = in.Byte();
  if (in.ok() && (version != kProfileRecordVersion || (reader.flags_ & ~kKnownFlags) != 0)) {
    return Error(Code::kDataLoss, "profile record of version {} with flags {} (newer than this?)",
                 version, reader.flags_);
  }
  ProfileHeader& header = reader.header_;
  header.duration_ns = in.ZigZag();
  header.period = in.ZigZag();
  header.total = in.ZigZag();
  uint32_t mapping = in.Varint32();
  header.main_mapping = mapping == 0 ? MappingId::kNone : static_cast<MappingId>(mapping - 1);
  header.count = in.Varint32();
  reader.unit_ = in.Varint();
  // An id and a value take a byte each at least.
  if (!in.ok() || header.count > in.Remaining() / 2) {
    return Error(Code::kDataLoss, "profile record is cut off");
  }
  return reader;
}

// The hot loop of a merge. Ids and values lie in two columns; the start of the second is found
// by counting ends of varints, eight bytes at a time, so that one pass can walk both.
Status ProfileRecordReader::AddTo(StackSums& sums) const {
  ByteReader ids = in_;
  ByteReader values = ids;
  values.SkipVarints(header_.count);
  const bool is_signed = flags_ & kSigned;
  const size_t limit = sums.size();
  uint64_t next = 0;
  for (uint32_t i = 0; i < header_.count; ++i) {
    uint64_t id = next + ids.Varint();
    if (id >= limit || id < next) {
      TakeBack(sums, i);
      return Error(Code::kDataLoss, "profile record names stack {} of {}", id, limit);
    }
    next = id + 1;
    uint64_t raw = values.Varint();
    uint64_t value = is_signed ? static_cast<uint64_t>(UnZigZag(raw)) : raw;
    sums.Add(static_cast<uint32_t>(id), static_cast<int64_t>(value * unit_));
  }
  if (!ids.ok() || !values.ok() || values.AtEnd() == ((flags_ & kLinked) != 0)) {
    TakeBack(sums, header_.count);
    return Error(Code::kDataLoss, "profile record is cut off or too long");
  }
  return {};
}

Result<std::vector<StackValue>> ProfileRecordReader::Values(
    size_t stacks, std::span<const LinkedValue> without) const {
  ByteReader ids = in_;
  ByteReader raws = ids;
  raws.SkipVarints(header_.count);
  std::vector<StackValue> values(header_.count);
  uint64_t next = 0;
  for (StackValue& v : values) {
    const uint64_t id = next + ids.Varint();
    if (id >= stacks || id < next) {
      return Error(Code::kDataLoss, "profile record names stack {} of {}", id, stacks);
    }
    next = id + 1;
    const uint64_t raw = raws.Varint();
    const uint64_t value = (flags_ & kSigned) != 0 ? static_cast<uint64_t>(UnZigZag(raw)) : raw;
    v = {static_cast<StackId>(id), static_cast<int64_t>(value * unit_)};
  }
  if (!ids.ok() || !raws.ok() || raws.AtEnd() == ((flags_ & kLinked) != 0)) {
    return Error(Code::kDataLoss, "profile record is cut off or too long");
  }
  for (const LinkedValue& l : without) {
    values.push_back({l.stack, WrappingSubtract(0, l.value)});
  }
  Compact(values);
  return values;
}

void ProfileRecordReader::TakeBack(StackSums& sums, uint32_t count) const {
  ByteReader ids = in_;
  ByteReader values = ids;
  values.SkipVarints(header_.count);
  uint64_t next = 0;
  for (uint32_t i = 0; i < count; ++i) {
    const uint64_t id = next + ids.Varint();
    next = id + 1;
    const uint64_t raw = values.Varint();
    const uint64_t value = (flags_ & kSigned) != 0 ? static_cast<uint64_t>(UnZigZag(raw)) : raw;
    sums.Add(static_cast<uint32_t>(id), static_cast<int64_t>(uint64_t{0} - value * unit_));
  }
}

size_t ProfileRecordReader::LinksBytes() const {
  if ((flags_ & kLinked) == 0) return 0;
  ByteReader in = in_;
  in.SkipVarints(uint64_t{header_.count} * 2);
  return in.ok() ? in.Remaining() : 0;
}

Result<std::vector<LinkedValue>> ProfileRecordReader::Links(size_t stacks) const {
  std::vector<LinkedValue> links;
  if ((flags_ & kLinked) == 0) return links;
  ByteReader in = in_;
  in.SkipVarints(uint64_t{header_.count} * 2);
  // Counts are held against what is left, so that a damaged one asks for no memory.
  const uint64_t span_count = in.Varint();
  if (span_count > in.Remaining() / sizeof(SpanId)) in.Fail();
  std::vector<SpanId> spans(in.ok() ? span_count : 0);
  for (SpanId& span : spans) span = in.Big64();
  const uint64_t trace_count = in.Varint();
  if (trace_count > in.Remaining() / sizeof(TraceId)) in.Fail();
  std::vector<TraceId> traces(in.ok() ? trace_count : 0);
  for (TraceId& trace : traces) {
    for (uint8_t& byte : trace) byte = in.Byte();
  }
  const uint64_t count = in.Varint();
  if (count > in.Remaining() / 4) in.Fail();
  links.resize(in.ok() ? count : 0);
  uint64_t stack = 0;
  for (LinkedValue& l : links) {
    stack += in.Varint32();
    const uint64_t span = in.Varint(), trace = in.Varint(), raw = in.Varint();
    if (stack >= stacks || span > spans.size() || trace > traces.size()) {
      return Error(Code::kDataLoss,
                   "profile record names stack {} of {}, span {} of {}, trace {} of {}", stack,
                   stacks, span, spans.size(), trace, traces.size());
    }
    l.stack = static_cast<StackId>(stack);
    if (span > 0) l.link.span = spans[span - 1];
    if (trace > 0) l.link.trace = traces[trace - 1];
    const uint64_t value = (flags_ & kSigned) != 0 ? static_cast<uint64_t>(UnZigZag(raw)) : raw;
    l.value = static_cast<int64_t>(value * unit_);
  }
  if (!in.ok() || !in.AtEnd()) {
    return Error(Code::kDataLoss, "profile record's span ids are cut off or too long");
  }
  return links;
}

}  // namespace anneal
