#include "cli/loop_load.h"

#include <algorithm>

namespace anneal {
namespace {

LoadRequest RequestOf(const LoopInput& input) {
  LoadRequest request{.method = input.method, .path = input.path, .body = input.body};
  for (const auto& [name, value] : input.headers) request.headers.Add(name, value);
  return request;
}

}  // namespace

std::vector<LoadRequest> RequestMix(const std::vector<LoopInput>& inputs) {
  // Bounded, so that one weight of a billion does not fill the memory.
  constexpr double kMostCopies = 1000;
  double least = 0;
  for (const LoopInput& input : inputs) {
    if (input.weight > 0 && (least == 0 || input.weight < least)) least = input.weight;
  }
  std::vector<std::pair<double, size_t>> places;  // from 0 to 1, and the input there
  for (size_t input = 0; input < inputs.size(); ++input) {
    if (inputs[input].weight <= 0) continue;
    auto copies = static_cast<int>(std::min(kMostCopies, inputs[input].weight / least + 0.5));
    for (int i = 0; i < copies; ++i) places.emplace_back((i + 0.5) / copies, input);
  }
  std::sort(places.begin(), places.end());
  std::vector<LoadRequest> requests;
  for (const auto& [place, input] : places) requests.push_back(RequestOf(inputs[input]));
  return requests;
}

}  // namespace anneal
