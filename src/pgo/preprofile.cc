// The preprocessed form: a header line, then three lines an edge.
#include <absl/container/flat_hash_set.h>

#include <charconv>
#include <iterator>
#include <optional>
#include <tuple>

#include "base/wrapping.h"
#include "pgo/call_edges.h"

namespace anneal {
namespace {

constexpr std::string_view kHeader = "GO PREPROFILE V1\n";

// Lines as Go's bufio.ScanLines gives them: without the newline and one '\r' before it; text
// after the last newline is a line too.
class LineReader {
 public:
  explicit LineReader(std::string_view text) : rest_(text) {}
  std::optional<std::string_view> Next() {
    if (rest_.empty()) return std::nullopt;
    ++number_;
    size_t end = rest_.find('\n');
    std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }
  size_t number() const { return number_; }

 private:
  std::string_view rest_;
  size_t number_ = 0;
};

std::optional<int64_t> ParseInt(std::string_view text) {
  if (text.starts_with('+')) {  // Go's ParseInt takes one sign of either kind
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

bool IsPreprofile(std::string_view bytes) { return bytes.starts_with(kHeader); }

std::string WritePreprofile(const CallEdges& edges) {
  std::string out(kHeader);
  for (const CallEdge& e : edges.edges) {
    fmt::format_to(std::back_inserter(out), "{}\n{}\n{} {}\n", e.caller, e.callee, e.offset,
                   e.weight);
  }
  return out;
}

Result<CallEdges> ReadPreprofile(std::string_view text) {
  if (!IsPreprofile(text)) {
    return InvalidArgument("line 1: not a preprocessed profile: it must begin with \"{}\"",
                           kHeader.substr(0, kHeader.size() - 1));
  }
  LineReader lines(text.substr(kHeader.size()));
  absl::flat_hash_set<std::tuple<std::string_view, std::string_view, int64_t>> seen;
  CallEdges result;
  while (std::optional<std::string_view> caller = lines.Next()) {
    std::optional<std::string_view> callee = lines.Next();
    std::optional<std::string_view> numbers = lines.Next();
    size_t line = lines.number() + 1;  // the header is line 1
    if (!callee || !numbers) {
      return InvalidArgument("line {}: the edge from {} is cut short", line, *caller);
    }
    size_t space = numbers->find(' ');
    std::optional<int64_t> offset = ParseInt(numbers->substr(0, space));
    std::optional<int64_t> weight;
    if (space != std::string_view::npos) weight = ParseInt(numbers->substr(space + 1));
    if (!offset || !weight) {
      return InvalidArgument("line {}: \"{}\" is not an offset and a weight", line, *numbers);
    }
    if (!seen.emplace(*caller, *callee, *offset).second) {
      return InvalidArgument("line {}: the edge {} -> {} at offset {} is there twice", line,
                             *caller, *callee, *offset);
    }
    result.edges.push_back({std::string(*caller), std::string(*callee), *offset, *weight});
    result.total_weight = WrappingAdd(result.total_weight, *weight);
  }
  return result;
}

}  // namespace anneal
