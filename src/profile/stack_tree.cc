#include "profile/stack_tree.h"

#include <limits>
#include <string>
#include <vector>

#include "profile/named_stacks.h"
#include "profile/utf8.h"
#include "profile/wire_reader.h"

namespace anneal {
namespace {

struct Node {
  std::string_view name;
  uint64_t value = 0;
  uint64_t children = 0;
};

Status TooLarge(size_t bytes, const DecodeLimits& limits) {
  return Error(Code::kResourceExhausted,
               "stack tree: its stacks, written out, take {} bytes and more; {} are allowed", bytes,
               limits.max_bytes);
}

// What the two formats share: a walk that calls Enter(name) and Leave() as it goes down and up, and
// Count(value) in between.
template <typename Path>
class Walk {
 public:
  Walk(std::string_view bytes, Path& path) : bytes_(bytes), reader_(bytes), path_(path) {}

  Status Run() {
    do {
      Node node;
      TRY(ReadNode(node));
      if (!path_.Enter(node.name)) return Bad("the name of the node before is not UTF-8");
      if (node.value != 0) TRY(path_.Count(static_cast<int64_t>(node.value)));
      open_.push_back(static_cast<uint32_t>(node.children));
      while (!open_.empty() && open_.back() == 0) {
        open_.pop_back();
        path_.Leave();
      }
      if (!open_.empty()) --open_.back();
    } while (!open_.empty());
    if (!reader_.AtEnd()) return Bad("bytes follow the last node");
    return {};
  }

 private:
  Status Bad(std::string_view what) const {
    return InvalidArgument("stack tree, byte {}: {}", reader_.position() - bytes_.data(), what);
  }
  size_t Left() const { return static_cast<size_t>(reader_.end() - reader_.position()); }

  Status ReadNode(Node& node) {
    if (!reader_.ReadBytes(node.name)) return Bad("a node's name is cut short");
    if (!reader_.ReadVarint(node.value)) return Bad("a node's value is cut short");
    if (node.value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
      return Bad("the value before is beyond 63 bits");
    }
    if (!reader_.ReadVarint(node.children)) return Bad("a node's number of children is cut short");
    // A node takes three bytes, so that a count beyond this has no tree behind it.
    if (node.children > Left() / 3) return Bad("the number of children before exceeds the bytes");
    return {};
  }

  std::string_view bytes_;
  WireReader reader_;
  Path& path_;
  std::vector<uint32_t> open_;  // children still to come, of each node from the root down
};

class TreePath {
 public:
  TreePath(std::string_view type, std::string_view unit, const DecodeLimits& limits)
      : stacks_(type, unit), limits_(limits) {}

  // False when the name cannot be one.
  bool Enter(std::string_view name) {
    // The first is the root, no frame. Elsewhere an empty name is a frame like others.
    if (depth_++ == 0 || frames_.size() == limits_.max_stack_depth) return true;
    if (ValidUtf8Prefix(name) != name.size()) return false;
    frames_.push_back(stacks_.Frame(name));
    return true;
  }
  void Leave() {
    --depth_;
    if (depth_ != 0 && depth_ <= frames_.size()) frames_.resize(depth_ - 1);
  }
  Status Count(int64_t value) {
    bytes_ += (frames_.size() + 1) * sizeof(LocationId);
    if (bytes_ > limits_.max_bytes) return TooLarge(bytes_, limits_);
    if (++samples_ > limits_.max_samples) {
      return Error(Code::kResourceExhausted, "stack tree: more than {} samples", samples_ - 1);
    }
    for (size_t i = frames_.size(); i-- > 0;) stacks_.Push(frames_[i]);
    stacks_.EndStack(value);
    return {};
  }
  Profile Finish() { return stacks_.Finish(); }

 private:
  NamedStacks stacks_;
  const DecodeLimits& limits_;
  std::vector<LocationId> frames_;  // root first
  size_t depth_ = 0;  // nodes entered; frames_ holds all but the root, up to the limit
  size_t bytes_ = 0, samples_ = 0;
};

class TriePath {
 public:
  TriePath(std::string_view type, std::string_view unit, const DecodeLimits& limits)
      : stacks_(type, unit), limits_(limits) {}

  // Pieces may end within a character: only whole keys are checked.
  bool Enter(std::string_view piece) {
    ends_.push_back(key_.size());
    key_ += piece;
    return true;
  }
  void Leave() {
    key_.resize(ends_.back());
    ends_.pop_back();
  }
  Status Count(int64_t value) {
    bytes_ += key_.size() + sizeof(LocationId);
    if (bytes_ > limits_.max_bytes) return TooLarge(bytes_, limits_);
    if (++samples_ > limits_.max_samples) {
      return Error(Code::kResourceExhausted, "stack trie: more than {} samples", samples_ - 1);
    }
    if (ValidUtf8Prefix(key_) != key_.size()) {
      return InvalidArgument("stack trie: sample {} is not UTF-8", samples_);
    }
    frames_.clear();
    std::string_view rest = key_;
    while (!key_.empty() && frames_.size() < limits_.max_stack_depth) {
      size_t cut = rest.find(';');
      frames_.push_back(stacks_.Frame(rest.substr(0, cut)));
      if (cut == std::string_view::npos) break;
      rest.remove_prefix(cut + 1);
    }
    for (size_t i = frames_.size(); i-- > 0;) stacks_.Push(frames_[i]);
    stacks_.EndStack(value);
    return {};
  }
  Profile Finish() { return stacks_.Finish(); }

 private:
  NamedStacks stacks_;
  const DecodeLimits& limits_;
  std::string key_;
  std::vector<size_t> ends_;  // sizes of key_ before each piece
  std::vector<LocationId> frames_;
  size_t bytes_ = 0, samples_ = 0;
};

template <typename Path>
Result<Profile> Decode(std::string_view bytes, std::string_view type, std::string_view unit,
                       const DecodeLimits& limits) {
  if (bytes.size() > limits.max_bytes) return TooLarge(bytes.size(), limits);
  Path path(type, unit, limits);
  TRY(Walk<Path>(bytes, path).Run());
  return path.Finish();
}

}  // namespace

Result<Profile> DecodeStackTree(std::string_view bytes, std::string_view type,
                                std::string_view unit, const DecodeLimits& limits) {
  return Decode<TreePath>(bytes, type, unit, limits);
}

Result<Profile> DecodeStackTrie(std::string_view bytes, std::string_view type,
                                std::string_view unit, const DecodeLimits& limits) {
  return Decode<TriePath>(bytes, type, unit, limits);
}

}  // namespace anneal
