#include "store/profile_record.h"

#include <algorithm>
#include <numeric>

namespace anneal {
namespace {

// Flags say which optional parts follow; unknown ones are an error, so that an old program does
// not misread a newer record.
enum Flags : uint8_t {
  kSigned = 1,  // values are zigzag coded
};
constexpr uint8_t kKnownFlags = kSigned;

uint64_t Magnitude(int64_t v) {
  return v < 0 ? uint64_t{0} - static_cast<uint64_t>(v) : static_cast<uint64_t>(v);
}
int64_t AddWrapping(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}

// Sums equal stacks, drops zeros.
void Compact(std::vector<StackValue>& values) {
  auto less = [](const StackValue& a, const StackValue& b) { return a.stack < b.stack; };
  if (!std::ranges::is_sorted(values, less)) std::ranges::sort(values, less);
  size_t kept = 0;
  for (size_t i = 0; i < values.size();) {
    StackValue sum = values[i++];
    while (i < values.size() && values[i].stack == sum.stack) {
      sum.value = AddWrapping(sum.value, values[i++].value);
    }
    if (sum.value != 0) values[kept++] = sum;
  }
  values.resize(kept);
}

}  // namespace

std::string EncodeProfileRecord(ProfileHeader header, std::vector<StackValue>& values) {
  Compact(values);
  uint64_t unit = 0;
  bool is_signed = false;
  header.total = 0;
  for (const StackValue& v : values) {
    if (unit != 1) unit = std::gcd(unit, Magnitude(v.value));
    is_signed |= v.value < 0;
    header.total = AddWrapping(header.total, v.value);
  }
  if (unit == 0) unit = 1;

  std::string out;
  out.reserve(40 + values.size() * 3);
  out.push_back(static_cast<char>(kProfileRecordVersion));
  out.push_back(static_cast<char>(is_signed ? kSigned : 0));
  PutZigZag(out, header.duration_ns);
  PutZigZag(out, header.period);
  PutZigZag(out, header.total);
  PutVarint(out, header.main_mapping == MappingId::kNone ? 0 : Index(header.main_mapping) + 1);
  PutVarint(out, values.size());
  PutVarint(out, unit);
  uint32_t next = 0;  // the smallest id that may follow
  for (const StackValue& v : values) {
    auto id = static_cast<uint32_t>(v.stack);
    PutVarint(out, id - next);
    next = id + 1;
  }
  for (const StackValue& v : values) {
    uint64_t quotient = Magnitude(v.value) / unit;
    if (is_signed) {
      // Two's complement, so that -2^63 / 1 keeps its sign.
      uint64_t n = v.value < 0 ? uint64_t{0} - quotient : quotient;
      quotient = ZigZag(static_cast<int64_t>(n));
    }
    PutVarint(out, quotient);
  }
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
      return Error(Code::kDataLoss, "profile record names stack {} of {}", id, limit);
    }
    next = id + 1;
    uint64_t raw = values.Varint();
    uint64_t value = is_signed ? static_cast<uint64_t>(UnZigZag(raw)) : raw;
    sums.Add(static_cast<uint32_t>(id), static_cast<int64_t>(value * unit_));
  }
  if (!ids.ok() || !values.ok() || !values.AtEnd()) {
    return Error(Code::kDataLoss, "profile record is cut off or too long");
  }
  return {};
}

}  // namespace anneal
