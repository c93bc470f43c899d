#include "store/export.h"

#include <string>

#include "base/mutex.h"
#include "profile/compress.h"
#include "profile/pprof.h"
#include "store/bytes.h"
#include "store/checksum.h"

namespace anneal {
namespace {

constexpr std::string_view kMagic = "anneal export 1\n";
// Beyond this a length is taken for damage rather than memory asked for.
constexpr uint64_t kMaxRecordBytes = uint64_t{1} << 30;
constexpr size_t kMaxInFlight = 64;

std::string EncodeStored(const StoredProfile& stored) {
  std::string body;
  PutBytes(body, stored.tenant);
  PutVarint(body, stored.labels.size());
  for (const LabelPair& pair : stored.labels) {
    PutBytes(body, pair.name);
    PutBytes(body, pair.value);
  }
  body.append(reinterpret_cast<const char*>(stored.id.data()), stored.id.size());
  PutZigZag(body, stored.time_ns);
  PutZigZag(body, stored.duration_ns);
  PutZigZag(body, stored.period);
  PutBytes(body, Gzip(EncodePprof(stored.profile)));
  AppendChecksum({}, body);
  return body;
}

Result<StoredProfile> DecodeStored(std::string_view body) {
  if (!CheckAndStripChecksum({}, body)) {
    return Error(Code::kDataLoss, "its checksum does not match");
  }
  ByteReader in(body);
  StoredProfile stored;
  stored.tenant = in.Bytes();
  for (uint64_t count = in.Varint(); count > 0 && in.ok(); --count) {
    std::string_view name = in.Bytes();
    std::string_view value = in.Bytes();
    stored.labels.push_back({std::string(name), std::string(value)});
  }
  for (uint8_t& byte : stored.id) byte = in.Byte();
  stored.time_ns = in.ZigZag();
  stored.duration_ns = in.ZigZag();
  stored.period = in.ZigZag();
  std::string_view pprof = in.Bytes();
  if (!in.ok() || !in.AtEnd()) return Error(Code::kDataLoss, "it does not decode");
  ASSIGN_OR_RETURN(stored.profile, DecodePprof(pprof));
  return stored;
}

// Reads length-delimited records until the empty one.
class RecordReader {
 public:
  explicit RecordReader(std::istream& in) : in_(in) {}

  Status Begin() {
    std::string magic(kMagic.size(), '\0');
    if (!Read(magic) || magic != kMagic) {
      return InvalidArgument("this is not an export: it does not begin with \"{}\"",
                             kMagic.substr(0, kMagic.size() - 1));
    }
    return {};
  }
  // False at the end of the stream, which must be there and agree on the number of records.
  Result<bool> Next(std::string& body) {
    uint64_t size = 0;
    if (!ReadVarint(size) || size > kMaxRecordBytes) return CutOff();
    if (size == 0) {
      uint64_t count = 0;
      if (!ReadVarint(count)) return CutOff();
      if (count != records_) {
        return Error(Code::kDataLoss, "the export ends after {} records, it says {}", records_,
                     count);
      }
      return false;
    }
    body.resize(size);
    if (!Read(body)) return CutOff();
    ++records_;
    return true;
  }
  uint64_t records() const { return records_; }
  uint64_t bytes() const { return bytes_; }

 private:
  Status CutOff() const {
    return Error(Code::kDataLoss, "the export is cut off in record {}, at byte {}", records_ + 1,
                 bytes_);
  }
  bool Read(std::string& bytes) {
    in_.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    bytes_ += static_cast<uint64_t>(in_.gcount());
    return static_cast<size_t>(in_.gcount()) == bytes.size();
  }
  bool ReadVarint(uint64_t& value) {
    std::string bytes;
    do {
      int byte = in_.get();
      if (byte == std::istream::traits_type::eof() || bytes.size() == 10) return false;
      ++bytes_;
      bytes.push_back(static_cast<char>(byte));
    } while (static_cast<uint8_t>(bytes.back()) >= 0x80);
    ByteReader reader(bytes);
    value = reader.Varint();
    return reader.ok();
  }

  std::istream& in_;
  uint64_t records_ = 0, bytes_ = 0;
};

// Appends with some in flight, so that a sync is shared.
class Importer {
 public:
  explicit Importer(Store& store) : store_(store) {}
  ~Importer() { (void)Finish(); }

  Status Append(const StoredProfile& stored) {
    {
      MutexLock lock(mutex_);
      while (in_flight_ >= kMaxInFlight) changed_.Wait(mutex_);
      if (!failed_.ok()) return failed_;
      ++in_flight_;
    }
    ProfileWrite write;
    write.labels = stored.labels;
    write.id = stored.id;
    write.time_ns = stored.time_ns;
    write.duration_ns = stored.duration_ns;
    write.period = stored.period;
    write.profile = &stored.profile;
    store_.Append(stored.tenant, {&write, 1}, [this](Status status) {
      MutexLock lock(mutex_);
      --in_flight_;
      if (!status.ok() && failed_.ok()) failed_ = std::move(status);
      changed_.NotifyAll();
    });
    return {};
  }
  // Waits for all; the first error.
  Status Finish() {
    MutexLock lock(mutex_);
    while (in_flight_ > 0) changed_.Wait(mutex_);
    return failed_;
  }

 private:
  Store& store_;
  Mutex mutex_;
  CondVar changed_;
  size_t in_flight_ GUARDED_BY(mutex_) = 0;
  Status failed_ GUARDED_BY(mutex_);
};

}  // namespace

Result<ExportCounts> ExportProfiles(Store& store, std::span<const Selection> selections,
                                    std::ostream& out) {
  ExportCounts counts;
  auto write = [&](std::string_view bytes) -> Status {
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    counts.bytes += bytes.size();
    if (!out.good()) return Error(Code::kUnavailable, "the export could not be written");
    return {};
  };
  TRY(write(kMagic));
  for (const Selection& selection : selections) {
    TRY(store.Scan(selection, [&](const StoredProfile& stored) -> Status {
      std::string body = EncodeStored(stored);
      std::string size;
      PutVarint(size, body.size());
      ++counts.profiles;
      Status written = write(size);
      return written.ok() ? write(body) : written;
    }));
  }
  std::string end;
  PutVarint(end, 0);
  PutVarint(end, counts.profiles);
  TRY(write(end));
  out.flush();
  return counts;
}

Result<ExportCounts> ImportProfiles(Store& store, std::istream& in) {
  RecordReader reader(in);
  TRY(reader.Begin());
  Importer importer(store);
  std::string body;
  for (;;) {
    ASSIGN_OR_RETURN(bool more, reader.Next(body));
    if (!more) break;
    Result<StoredProfile> stored = DecodeStored(body);
    if (!stored.ok()) {
      return stored.status().Annotate(fmt::format("record {}", reader.records()));
    }
    TRY(importer.Append(*stored));
  }
  TRY(importer.Finish());
  return ExportCounts{.profiles = reader.records(), .bytes = reader.bytes()};
}

}  // namespace anneal
