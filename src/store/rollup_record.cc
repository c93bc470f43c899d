#include "store/rollup_record.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace anneal {
namespace {

Status CutOff() { return Error(Code::kDataLoss, "rollup record is cut off or too long"); }

uint64_t Magnitude(int64_t v) {
  return v < 0 ? uint64_t{0} - static_cast<uint64_t>(v) : static_cast<uint64_t>(v);
}

bool ByTime(const SeriesPoint& a, const SeriesPoint& b) {
  return std::tie(a.time_ns, a.value, a.id) < std::tie(b.time_ns, b.value, b.id);
}

}  // namespace

StackSums& RollupSums::For(MappingId main) {
  for (Section& section : sections_) {
    if (section.main == main) return section.sums;
  }
  Section& added = sections_.emplace_back();
  added.main = main;
  added.sums.Resize(stacks_);
  return added.sums;
}

Status RollupSums::AddProfile(int64_t time_ns, const ProfileUuid& id,
                              const ProfileRecordReader& profile) {
  const ProfileHeader& header = profile.header();
  duration_ns_ += static_cast<uint64_t>(header.duration_ns);
  period_ = std::max(period_, header.period);
  points_.push_back({time_ns, header.total, id});
  return profile.AddTo(For(header.main_mapping));
}

Status RollupSums::AddRollup(std::string_view record) {
  ASSIGN_OR_RETURN(RollupReader reader, RollupReader::Open(record));
  duration_ns_ += static_cast<uint64_t>(reader.duration_ns());
  period_ = std::max(period_, reader.period());
  TRY(reader.Points(points_));
  for (std::string_view section;;) {
    ASSIGN_OR_RETURN(bool more, reader.NextSection(section));
    if (!more) return {};
    ASSIGN_OR_RETURN(ProfileRecordReader sums, ProfileRecordReader::Open(section));
    TRY(sums.AddTo(For(sums.header().main_mapping)));
  }
}

void RollupSums::Clear() {
  duration_ns_ = 0;
  period_ = INT64_MIN;
  points_.clear();
  sections_.clear();
}

std::string RollupSums::Encode() {
  std::ranges::sort(points_, ByTime);
  std::string points;
  uint64_t unit = 0;
  int64_t last = points_.front().time_ns;
  for (const SeriesPoint& point : points_) {
    PutVarint(points, static_cast<uint64_t>(point.time_ns - last));
    last = point.time_ns;
    if (unit != 1) unit = std::gcd(unit, Magnitude(point.value));
  }
  if (unit == 0) unit = 1;
  PutVarint(points, unit);
  for (const SeriesPoint& point : points_) {
    const uint64_t quotient = Magnitude(point.value) / unit;
    PutZigZag(points, static_cast<int64_t>(point.value < 0 ? uint64_t{0} - quotient : quotient));
  }
  for (const SeriesPoint& point : points_) {
    points.append(reinterpret_cast<const char*>(point.id.data()), point.id.size());
  }

  std::string out(1, static_cast<char>(kRollupRecordVersion));
  PutVarint(out, static_cast<uint64_t>(points_.front().time_ns));
  PutVarint(out, static_cast<uint64_t>(last - points_.front().time_ns));
  PutZigZag(out, static_cast<int64_t>(duration_ns_));
  PutZigZag(out, period_);
  PutVarint(out, points_.size());
  PutBytes(out, points);
  std::ranges::sort(sections_, {}, &Section::main);
  PutVarint(out, sections_.size());
  for (Section& section : sections_) {
    ProfileHeader header;
    header.main_mapping = section.main;
    std::vector<StackValue> values = section.sums.Take();
    PutBytes(out, EncodeProfileRecord(header, values));
  }
  Clear();
  return out;
}

Result<RollupReader> RollupReader::Open(std::string_view record) {
  RollupReader reader;
  ByteReader in(record);
  const uint8_t version = in.Byte();
  if (in.ok() && version != kRollupRecordVersion) {
    return Error(Code::kDataLoss, "rollup record of version {} (newer than this?)", version);
  }
  const uint64_t first = in.Varint(), length = in.Varint();
  reader.duration_ns_ = in.ZigZag();
  reader.period_ = in.ZigZag();
  reader.count_ = in.Varint();
  reader.points_ = in.Bytes();
  reader.sections_ = in.Varint();
  // A point takes 18 bytes at least.
  if (!in.ok() || first > INT64_MAX || length > INT64_MAX - first || reader.count_ == 0 ||
      reader.count_ > reader.points_.size() / 18) {
    return CutOff();
  }
  reader.first_ns_ = static_cast<int64_t>(first);
  reader.last_ns_ = static_cast<int64_t>(first + length);
  reader.in_ = in;
  return reader;
}

Result<int64_t> RollupReader::MergedTime() const {
  if (first_ns_ != 0 || last_ns_ == 0) return first_ns_;
  std::vector<SeriesPoint> points;
  TRY(Points(points));
  return std::ranges::find_if(points, [](const SeriesPoint& p) { return p.time_ns != 0; })->time_ns;
}

Status RollupReader::Points(std::vector<SeriesPoint>& points) const {
  const size_t begin = points.size();
  ByteReader in(points_);
  uint64_t time = static_cast<uint64_t>(first_ns_);
  for (uint64_t i = 0; i < count_; ++i) {
    time += in.Varint();
    if (time > static_cast<uint64_t>(last_ns_)) {
      points.resize(begin);
      return CutOff();
    }
    points.push_back({static_cast<int64_t>(time), 0, {}});
  }
  const uint64_t unit = in.Varint();
  for (uint64_t i = 0; i < count_; ++i) {
    points[begin + i].value = static_cast<int64_t>(static_cast<uint64_t>(in.ZigZag()) * unit);
  }
  for (uint64_t i = 0; i < count_; ++i) {
    for (uint8_t& byte : points[begin + i].id) byte = in.Byte();
  }
  if (!in.ok() || !in.AtEnd() || points.back().time_ns != last_ns_) {
    points.resize(begin);
    return CutOff();
  }
  return {};
}

Result<bool> RollupReader::NextSection(std::string_view& record) {
  if (sections_ == 0) {
    if (!in_.AtEnd()) return CutOff();
    return false;
  }
  --sections_;
  record = in_.Bytes();
  if (!in_.ok()) return CutOff();
  return true;
}

}  // namespace anneal
