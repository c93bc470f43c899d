#include "base/suggest.h"

namespace anneal {

size_t EditDistance(std::string_view a, std::string_view b) {
  // Three rows of the matrix: swaps look two rows back.
  std::vector<size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t replace = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({replace, above[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before.swap(above);
    above.swap(row);
  }
  return above[b.size()];
}

std::string Suggest(std::string_view word, std::span<const std::string> candidates) {
  // A third of the word may be wrong, at most three letters.
  size_t limit = std::min<size_t>(3, (word.size() + 2) / 3);
  std::string best;
  for (const std::string& candidate : candidates) {
    size_t distance = EditDistance(word, candidate);
    if (distance > limit || (!best.empty() && distance >= EditDistance(word, best))) continue;
    best = candidate;
  }
  return best;
}

}  // namespace anneal
