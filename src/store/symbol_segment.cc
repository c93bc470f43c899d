#include "store/symbol_segment.h"

#include "store/bytes.h"

namespace anneal {
namespace {

enum MappingFlags : uint8_t {
  kHasFunctions = 1,
  kHasFilenames = 2,
  kHasLineNumbers = 4,
  kHasInlineFrames = 8,
};

void PutMapping(std::string& out, const Mapping& m) {
  PutVarint(out, m.start);
  PutVarint(out, m.limit);
  PutVarint(out, m.offset);
  PutVarint(out, Index(m.file));
  PutVarint(out, Index(m.build_id));
  out.push_back(static_cast<char>(
      (m.has_functions ? kHasFunctions : 0) | (m.has_filenames ? kHasFilenames : 0) |
      (m.has_line_numbers ? kHasLineNumbers : 0) | (m.has_inline_frames ? kHasInlineFrames : 0)));
}

// Mapping + 1 (0: none) with is_folded as the low bit.
void PutLocation(std::string& out, const Location& l, std::span<const Line> lines) {
  uint64_t mapping = l.mapping == MappingId::kNone ? 0 : Index(l.mapping) + 1;
  PutVarint(out, mapping << 1 | (l.is_folded ? 1 : 0));
  PutVarint(out, l.address);
  PutVarint(out, lines.size());
  for (const Line& line : lines) {
    PutVarint(out, Index(line.function));
    PutZigZag(out, line.line);
    PutZigZag(out, line.column);
  }
}

// Reads one segment; every id is checked against what the table holds by then.
class SegmentReader {
 public:
  SegmentReader(std::string_view bytes, SymbolTable& table)
      : in_(bytes), table_(table), have_(table.counts()) {}

  Status Read() {
    uint8_t version = in_.Byte();
    if (version != kSegmentVersion) return Error(Code::kDataLoss, "version {}", version);
    Strings();
    Mappings();
    Functions();
    Locations();
    Stacks();
    if (!error_.ok()) return error_;
    if (!in_.ok()) return Error(Code::kDataLoss, "it is cut off or has an id out of range");
    if (!in_.AtEnd()) return Error(Code::kDataLoss, "{} bytes follow its end", in_.Remaining());
    return {};
  }

 private:
  // The number of entities of a kind, which must begin at id `have`.
  uint64_t Begin(std::string_view kind, uint32_t have) {
    uint64_t first = in_.Varint(), count = in_.Varint();
    if (in_.ok() && first != have) {
      error_ = Error(Code::kDataLoss, "its {} begin at id {}, {} is next", kind, first, have);
      in_.Fail();
    }
    // Each takes a byte at least: bounds the work on a bad count.
    if (count > in_.Remaining()) in_.Fail();
    return in_.ok() ? count : 0;
  }
  uint32_t IdBelow(uint64_t limit) {
    uint64_t id = in_.Varint();
    return id < limit ? static_cast<uint32_t>(id) : in_.Fail();
  }

  void Strings() {
    uint64_t count = Begin("strings", have_.strings);
    for (uint64_t i = 0; i < count && in_.ok(); ++i) table_.AppendString(in_.Bytes());
    have_.strings += static_cast<uint32_t>(count);
  }
  void Mappings() {
    uint64_t count = Begin("mappings", have_.mappings);
    for (uint64_t i = 0; i < count && in_.ok(); ++i) {
      Mapping m;
      m.start = in_.Varint();
      m.limit = in_.Varint();
      m.offset = in_.Varint();
      m.file = static_cast<StringId>(IdBelow(have_.strings));
      m.build_id = static_cast<StringId>(IdBelow(have_.strings));
      uint8_t flags = in_.Byte();
      m.has_functions = flags & kHasFunctions;
      m.has_filenames = flags & kHasFilenames;
      m.has_line_numbers = flags & kHasLineNumbers;
      m.has_inline_frames = flags & kHasInlineFrames;
      table_.AppendMapping(m);
    }
    have_.mappings += static_cast<uint32_t>(count);
  }
  void Functions() {
    uint64_t count = Begin("functions", have_.functions);
    for (uint64_t i = 0; i < count && in_.ok(); ++i) {
      Function f;
      f.name = static_cast<StringId>(IdBelow(have_.strings));
      f.system_name = static_cast<StringId>(IdBelow(have_.strings));
      f.file = static_cast<StringId>(IdBelow(have_.strings));
      f.start_line = in_.ZigZag();
      table_.AppendFunction(f);
    }
    have_.functions += static_cast<uint32_t>(count);
  }
  void Locations() {
    uint64_t count = Begin("locations", have_.locations);
    for (uint64_t i = 0; i < count && in_.ok(); ++i) {
      Location l;
      uint64_t packed = in_.Varint();
      l.is_folded = packed & 1;
      uint64_t mapping = packed >> 1;
      if (mapping > have_.mappings) in_.Fail();
      l.mapping = mapping == 0 ? MappingId::kNone : static_cast<MappingId>(mapping - 1);
      l.address = in_.Varint();
      uint64_t line_count = in_.Varint();
      lines_.clear();
      for (uint64_t k = 0; k < line_count && in_.ok(); ++k) {
        Line line;
        line.function = static_cast<FunctionId>(IdBelow(have_.functions));
        line.line = in_.ZigZag();
        line.column = in_.ZigZag();
        lines_.push_back(line);
      }
      if (in_.ok()) table_.AppendLocation(l, lines_);
    }
    have_.locations += static_cast<uint32_t>(count);
  }
  void Stacks() {
    uint64_t count = Begin("stacks", have_.stacks);
    for (uint64_t i = 0; i < count && in_.ok(); ++i) {
      uint32_t id = have_.stacks++;
      uint32_t distance = in_.Varint32();
      if (distance == 0 || distance > id) in_.Fail();
      auto location = static_cast<LocationId>(IdBelow(have_.locations));
      if (in_.ok()) table_.AppendStack({static_cast<StackId>(id - distance), location});
    }
  }

  ByteReader in_;
  SymbolTable& table_;
  SymbolCounts have_;
  std::vector<Line> lines_;
  Status error_;
};

}  // namespace

std::string EncodeSegment(const SymbolTable& table, const SymbolCounts& from) {
  SymbolCounts to = table.counts();
  std::string out(1, static_cast<char>(kSegmentVersion));
  auto begin = [&out](uint32_t first, uint32_t end) {
    PutVarint(out, first);
    PutVarint(out, end - first);
  };
  begin(from.strings, to.strings);
  for (uint32_t i = from.strings; i < to.strings; ++i) {
    PutBytes(out, table.Text(static_cast<StringId>(i)));
  }
  begin(from.mappings, to.mappings);
  for (uint32_t i = from.mappings; i < to.mappings; ++i) {
    PutMapping(out, table.mapping(static_cast<MappingId>(i)));
  }
  begin(from.functions, to.functions);
  for (uint32_t i = from.functions; i < to.functions; ++i) {
    const Function& f = table.function(static_cast<FunctionId>(i));
    PutVarint(out, Index(f.name));
    PutVarint(out, Index(f.system_name));
    PutVarint(out, Index(f.file));
    PutZigZag(out, f.start_line);
  }
  begin(from.locations, to.locations);
  for (uint32_t i = from.locations; i < to.locations; ++i) {
    const Location& l = table.location(static_cast<LocationId>(i));
    PutLocation(out, l, table.Lines(l));
  }
  begin(from.stacks, to.stacks);
  for (uint32_t i = from.stacks; i < to.stacks; ++i) {
    const StackNode& node = table.stack(static_cast<StackId>(i));
    PutVarint(out, i - static_cast<uint32_t>(node.parent));
    PutVarint(out, Index(node.location));
  }
  return out;
}

Status DecodeSegment(std::string_view segment, SymbolTable& table) {
  return SegmentReader(segment, table).Read();
}

}  // namespace anneal
