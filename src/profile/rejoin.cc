#include "profile/rejoin.h"

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <tuple>

#include "base/wrapping.h"
#include "profile/intern_table.h"
#include "profile/merge.h"
#include "profile/sample_builder.h"

namespace anneal {
namespace {

using Stack = std::span<const LocationId>;

// The runtime leaves out some of its own frames after counting them.
constexpr size_t kSlack = 4;
// Cut stacks that one is continued through, at most.
constexpr size_t kMaxChain = 64;
// Locations put back to one stack, at most: many short stacks that all find one endless one must
// not fill the memory.
constexpr size_t kMaxRest = 4096;
constexpr uint32_t kNoKey = 0xffffffffu;

class Rejoiner {
 public:
  explicit Rejoiner(const Profile& profile) : p_(profile) {}

  Profile Run() {
    FindCutStacks();
    if (keys_.empty()) return Canonical(p_);
    for (size_t s = 0; s < p_.SampleCount(); ++s) CollectWays(s);
    for (Key& key : keys_) SumWays(key);
    SampleBuilder builder(p_);
    std::vector<LocationId> whole;
    for (size_t s = 0; s < p_.SampleCount(); ++s) {
      Stack stack = p_.Stack(s);
      whole.assign(stack.begin(), stack.end());
      if (key_of_[s] != kNoKey) {
        const std::vector<LocationId>& rest = RestOf(key_of_[s], 0);
        whole.insert(whole.end(), rest.begin(), rest.end());
      }
      builder.Append(whole, p_.Values(s), p_.Labels(s));
    }
    return Canonical(builder.Finish());
  }

 private:
  // A way on towards the root, found in some stack behind the locations of a key.
  struct Way {
    Stack rest;
    uint64_t hash;    // of `rest`
    uint32_t sample;  // where it was found
    uint32_t next;    // the key that ends `rest` when its stack is cut itself
    int64_t weight;

    auto Content() const { return std::tuple(rest.size(), hash, next); }
  };
  // The root's end of cut stacks.
  struct Key {
    Stack locations;
    std::vector<Way> ways;  // while they are collected by sample, one of each
    std::vector<LocationId> rest;
    enum class State : uint8_t { kNew, kOpen, kDone } state = State::kNew;
  };

  bool IsCut(size_t sample) const {
    size_t frames = 0;
    for (LocationId id : p_.Stack(sample)) frames += std::max<size_t>(1, p_.Lines(id).size());
    auto at = [&](size_t limit) { return frames + kSlack >= limit && frames <= limit; };
    bool is_cpu =
        p_.Text(p_.sample_types[0].type) == "cpu" || p_.Text(p_.sample_types[0].type) == "samples";
    return is_cpu ? at(64) : at(32) || at(128);
  }

  static uint64_t HashOf(Stack locations) {
    uint64_t hash = 0;
    for (LocationId id : locations) hash = hash * kFactor + Index(id);
    return hash;
  }

  // Of every end of `stack`, by where it begins.
  static std::vector<uint64_t> HashesOfRests(Stack stack) {
    std::vector<uint64_t> hashes(stack.size() + 1);
    for (size_t i = stack.size(); i-- > 0;) hashes[i] = hashes[i + 1] * kFactor + Index(stack[i]);
    return hashes;
  }

  uint32_t FindKey(uint64_t hash, Stack locations) const {
    auto it = keys_by_hash_.find(hash);
    if (it == keys_by_hash_.end()) return kNoKey;
    for (uint32_t key : it->second) {
      if (std::equal(locations.begin(), locations.end(), keys_[key].locations.begin())) return key;
    }
    return kNoKey;
  }

  void FindCutStacks() {
    key_of_.assign(p_.SampleCount(), kNoKey);
    if (p_.sample_types.empty()) return;
    for (size_t s = 0; s < p_.SampleCount(); ++s) {
      Stack stack = p_.Stack(s);
      if (stack.size() < kRejoinOverlap || !IsCut(s)) continue;
      Stack end = stack.last(kRejoinOverlap);
      uint64_t hash = HashOf(end);
      uint32_t key = FindKey(hash, end);
      if (key == kNoKey) {
        key = static_cast<uint32_t>(keys_.size());
        keys_.push_back({.locations = end, .ways = {}, .rest = {}});
        keys_by_hash_[hash].push_back(key);
      }
      key_of_[s] = key;
    }
  }

  // Looks for every key within the stack, with a hash that rolls over it. A recursion holds a key
  // many times: the one nearest the root counts, whose way is the shortest.
  void CollectWays(size_t sample) {
    Stack stack = p_.Stack(sample);
    if (stack.size() <= kRejoinOverlap) return;
    const uint32_t found_in = static_cast<uint32_t>(sample);
    std::vector<uint64_t> hash_of_rest;  // by where the rest begins
    uint64_t oldest = 1;                 // kFactor ^ kRejoinOverlap
    for (size_t i = 0; i < kRejoinOverlap; ++i) oldest *= kFactor;
    uint64_t hash = HashOf(stack.first(kRejoinOverlap));
    for (size_t end = kRejoinOverlap; end < stack.size(); ++end) {
      uint32_t key = FindKey(hash, stack.subspan(end - kRejoinOverlap, kRejoinOverlap));
      if (key != kNoKey && key != key_of_[sample] && stack.size() - end <= kMaxRest) {
        std::vector<Way>& ways = keys_[key].ways;
        if (!ways.empty() && ways.back().sample == found_in) ways.pop_back();
        if (hash_of_rest.empty()) hash_of_rest = HashesOfRests(stack);
        ways.push_back({stack.subspan(end), hash_of_rest[end], found_in, key_of_[sample],
                        p_.Values(sample)[0]});
      }
      hash = hash * kFactor + Index(stack[end]) - oldest * Index(stack[end - kRejoinOverlap]);
    }
  }

  // Adds equal ways up and puts the best first: whole before cut, then heavy, then short.
  static void SumWays(Key& key) {
    std::vector<Way>& ways = key.ways;
    std::sort(ways.begin(), ways.end(), [](const Way& a, const Way& b) {
      return std::tuple(a.Content(), a.sample) < std::tuple(b.Content(), b.sample);
    });
    size_t kept = 0;
    for (const Way& way : ways) {
      // Equal ways may still differ in being cut; those stay apart.
      if (kept > 0 && ways[kept - 1].Content() == way.Content() &&
          std::equal(way.rest.begin(), way.rest.end(), ways[kept - 1].rest.begin())) {
        ways[kept - 1].weight = WrappingAdd(ways[kept - 1].weight, way.weight);
      } else {
        ways[kept++] = way;
      }
    }
    ways.resize(kept);
    std::sort(ways.begin(), ways.end(), [](const Way& a, const Way& b) {
      const std::tuple rank_a(a.next != kNoKey, b.weight, a.rest.size());
      const std::tuple rank_b(b.next != kNoKey, a.weight, b.rest.size());
      if (rank_a != rank_b) return rank_a < rank_b;
      if (a.next != b.next) return a.next < b.next;
      return std::lexicographical_compare(a.rest.begin(), a.rest.end(), b.rest.begin(),
                                          b.rest.end());
    });
  }

  const std::vector<LocationId>& RestOf(uint32_t id, size_t depth) {
    Key& key = keys_[id];
    if (key.state == Key::State::kDone) return key.rest;
    key.state = Key::State::kOpen;
    for (const Way& way : key.ways) {
      // Recursion may lead from a key back to itself; such a way has no end.
      bool is_loop =
          way.next != kNoKey && (keys_[way.next].state == Key::State::kOpen || depth == kMaxChain);
      if (is_loop) continue;
      std::vector<LocationId> rest(way.rest.begin(), way.rest.end());
      if (way.next != kNoKey) {
        const std::vector<LocationId>& further = RestOf(way.next, depth + 1);
        if (rest.size() + further.size() <= kMaxRest) {
          rest.insert(rest.end(), further.begin(), further.end());
        }
      }
      key.rest = std::move(rest);
      break;
    }
    key.state = Key::State::kDone;
    return key.rest;
  }

  static constexpr uint64_t kFactor = 0x9e3779b97f4a7c15u;

  const Profile& p_;
  std::vector<Key> keys_;
  std::vector<uint32_t> key_of_;  // by sample; kNoKey: not cut
  absl::flat_hash_map<uint64_t, std::vector<uint32_t>> keys_by_hash_;
};

}  // namespace

Profile RejoinStacks(const Profile& profile) { return Rejoiner(profile).Run(); }

}  // namespace anneal
