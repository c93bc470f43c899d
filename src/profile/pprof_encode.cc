// Encoding: each nested message's size is computed before it is written, so that every byte is
// written once and in its place.
#include <protozero/varint.hpp>

#include "profile/pprof.h"

namespace anneal {
namespace {

size_t VarintSize(uint64_t value) {
  return static_cast<size_t>(protozero::length_of_varint(value));
}
size_t VarintSize(int64_t value) { return VarintSize(static_cast<uint64_t>(value)); }
uint64_t Wire(StringId id) { return Index(id); }
uint64_t Wire(int64_t value) { return static_cast<uint64_t>(value); }
uint64_t Wire(uint64_t value) { return value; }
uint64_t Wire(bool value) { return value ? 1 : 0; }

// Field numbers here are all below 16: a tag is one byte.
constexpr char VarintTag(int field) { return static_cast<char>(field << 3); }
constexpr char BytesTag(int field) { return static_cast<char>(field << 3 | 2); }

// Size of a scalar field; proto3 leaves zeros out.
template <typename T>
size_t FieldSize(T value) {
  return Wire(value) == 0 ? 0 : 1 + VarintSize(Wire(value));
}

class PprofEncoder {
 public:
  explicit PprofEncoder(const Profile& profile) : p_(profile) {}

  std::string Run() {
    out_.reserve(p_.strings.bytes() + 3 * p_.strings.size() + 3 * p_.sample_locations.size() +
                 6 * p_.sample_values.size() + 24 * p_.locations.size() + 16 * p_.functions.size() +
                 8 * p_.SampleCount() + 256);
    for (const ValueType& type : p_.sample_types) WriteValueType(1, type);
    for (size_t i = 0; i < p_.SampleCount(); ++i) WriteSample(i);
    for (size_t i = 0; i < p_.mappings.size(); ++i) WriteMapping(i);
    for (size_t i = 0; i < p_.locations.size(); ++i) WriteLocation(i);
    for (size_t i = 0; i < p_.functions.size(); ++i) WriteFunction(i);
    for (size_t i = 0; i < p_.strings.size(); ++i) {
      std::string_view text = p_.strings.Get(static_cast<StringId>(i));
      WriteBytesHead(6, text.size());
      out_.append(text);
    }
    WriteHeader();
    return std::move(out_);
  }

 private:
  void WriteVarint(uint64_t value) {
    while (value >= 0x80) {
      out_.push_back(static_cast<char>(value | 0x80));
      value >>= 7;
    }
    out_.push_back(static_cast<char>(value));
  }
  template <typename T>
  void WriteField(int field, T value) {
    if (Wire(value) == 0) return;
    out_.push_back(VarintTag(field));
    WriteVarint(Wire(value));
  }
  void WriteBytesHead(int field, size_t size) {
    out_.push_back(BytesTag(field));
    WriteVarint(size);
  }

  void WriteHeader() {
    WriteField(7, p_.drop_frames);
    WriteField(8, p_.keep_frames);
    WriteField(9, p_.time_ns);
    WriteField(10, p_.duration_ns);
    if (p_.period_type != ValueType{}) WriteValueType(11, p_.period_type);
    WriteField(12, p_.period);
    if (!p_.comments.empty()) {
      size_t size = 0;
      for (StringId id : p_.comments) size += VarintSize(Wire(id));
      WriteBytesHead(13, size);
      for (StringId id : p_.comments) WriteVarint(Wire(id));
    }
    WriteField(14, p_.default_sample_type);
    WriteField(15, p_.doc_url);
  }

  void WriteValueType(int field, const ValueType& type) {
    WriteBytesHead(field, FieldSize(type.type) + FieldSize(type.unit));
    WriteField(1, type.type);
    WriteField(2, type.unit);
  }

  static size_t LabelSize(const Label& l) {
    return FieldSize(l.key) + FieldSize(l.str) + FieldSize(l.num) + FieldSize(l.num_unit);
  }

  void WriteSample(size_t sample) {
    std::span<const LocationId> stack = p_.Stack(sample);
    std::span<const int64_t> values = p_.Values(sample);
    std::span<const Label> labels = p_.Labels(sample);
    size_t stack_size = 0, values_size = 0, size = 0;
    for (LocationId id : stack) stack_size += VarintSize(uint64_t{Index(id)} + 1);
    for (int64_t value : values) values_size += VarintSize(value);
    if (!stack.empty()) size += 1 + VarintSize(uint64_t{stack_size}) + stack_size;
    if (!values.empty()) size += 1 + VarintSize(uint64_t{values_size}) + values_size;
    for (const Label& label : labels) {
      size_t label_size = LabelSize(label);
      size += 1 + VarintSize(uint64_t{label_size}) + label_size;
    }
    WriteBytesHead(2, size);
    if (!stack.empty()) {
      WriteBytesHead(1, stack_size);
      for (LocationId id : stack) WriteVarint(uint64_t{Index(id)} + 1);
    }
    if (!values.empty()) {
      WriteBytesHead(2, values_size);
      for (int64_t value : values) WriteVarint(Wire(value));
    }
    for (const Label& label : labels) WriteLabel(label);
  }

  void WriteLabel(const Label& label) {
    WriteBytesHead(3, LabelSize(label));
    WriteField(1, label.key);
    WriteField(2, label.str);
    WriteField(3, label.num);
    WriteField(4, label.num_unit);
  }

  void WriteMapping(size_t position) {
    const Mapping& m = p_.mappings[position];
    uint64_t id = position + 1;
    WriteBytesHead(3, FieldSize(id) + FieldSize(m.start) + FieldSize(m.limit) +
                          FieldSize(m.offset) + FieldSize(m.file) + FieldSize(m.build_id) +
                          FieldSize(m.has_functions) + FieldSize(m.has_filenames) +
                          FieldSize(m.has_line_numbers) + FieldSize(m.has_inline_frames));
    WriteField(1, id);
    WriteField(2, m.start);
    WriteField(3, m.limit);
    WriteField(4, m.offset);
    WriteField(5, m.file);
    WriteField(6, m.build_id);
    WriteField(7, m.has_functions);
    WriteField(8, m.has_filenames);
    WriteField(9, m.has_line_numbers);
    WriteField(10, m.has_inline_frames);
  }

  static size_t LineSize(const Line& line) {
    return FieldSize(uint64_t{Index(line.function)} + 1) + FieldSize(line.line) +
           FieldSize(line.column);
  }

  void WriteLocation(size_t position) {
    const Location& l = p_.locations[position];
    uint64_t id = position + 1;
    uint64_t mapping = l.mapping == MappingId::kNone ? 0 : uint64_t{Index(l.mapping)} + 1;
    std::span<const Line> lines = p_.Lines(static_cast<LocationId>(position));
    size_t size =
        FieldSize(id) + FieldSize(mapping) + FieldSize(l.address) + FieldSize(l.is_folded);
    for (const Line& line : lines) {
      size_t line_size = LineSize(line);
      size += 1 + VarintSize(uint64_t{line_size}) + line_size;
    }
    WriteBytesHead(4, size);
    WriteField(1, id);
    WriteField(2, mapping);
    WriteField(3, l.address);
    for (const Line& line : lines) {
      WriteBytesHead(4, LineSize(line));
      WriteField(1, uint64_t{Index(line.function)} + 1);
      WriteField(2, line.line);
      WriteField(3, line.column);
    }
    WriteField(5, l.is_folded);
  }

  void WriteFunction(size_t position) {
    const Function& f = p_.functions[position];
    uint64_t id = position + 1;
    WriteBytesHead(5, FieldSize(id) + FieldSize(f.name) + FieldSize(f.system_name) +
                          FieldSize(f.file) + FieldSize(f.start_line));
    WriteField(1, id);
    WriteField(2, f.name);
    WriteField(3, f.system_name);
    WriteField(4, f.file);
    WriteField(5, f.start_line);
  }

  const Profile& p_;
  std::string out_;
};

}  // namespace

std::string EncodePprof(const Profile& profile) { return PprofEncoder(profile).Run(); }

}  // namespace anneal
