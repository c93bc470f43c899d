#include "profile/shapes_for_test.h"

#include <map>
#include <random>

namespace anneal {
namespace {

class ShapeBuilder {
 public:
  ShapeBuilder(Shape shape, uint32_t seed) : shape_(shape), random_(seed) {}

  Profile Run() {
    Header();
    for (uint32_t i = 0; i < 60; ++i) AddLocation(Below(90));
    size_t samples = 20 + Below(60);
    for (size_t i = 0; i < samples; ++i) AddSample();
    if (p_.labels.empty()) p_.label_ends.clear();
    return std::move(p_);
  }

 private:
  uint32_t Below(uint32_t bound) {
    return std::uniform_int_distribution<uint32_t>(0, bound - 1)(random_);
  }
  StringId Text(const std::string& text) {
    if (text.empty()) return StringId::kEmpty;
    auto [it, added] = texts_.try_emplace(text);
    if (added) it->second = p_.strings.Append(text);
    return it->second;
  }

  void Header() {
    auto types = [&](std::initializer_list<std::pair<const char*, const char*>> list) {
      for (auto [type, unit] : list) p_.sample_types.push_back({Text(type), Text(unit)});
    };
    switch (shape_) {
      case Shape::kGo:
        types({{"samples", "count"}, {"cpu", "nanoseconds"}});
        break;
      case Shape::kJava:
        types({{"itimer", "count"}});
        break;
      case Shape::kPython:
        types({{"wall", "nanoseconds"}});
        break;
      case Shape::kNode:
        types({{"sample", "count"},
               {"wall", "nanoseconds"},
               {"cpu", "nanoseconds"},
               {"objects", "count"},
               {"space", "bytes"}});
        break;
      case Shape::kDotnet:
        types({{"cpu", "nanoseconds"}, {"lock_time", "nanoseconds"}});
        break;
    }
    p_.period_type = p_.sample_types.back();
    p_.period = 10'000'000 + Below(5);
    p_.time_ns = 1'700'000'000'000'000'000 + Below(1000);
    p_.duration_ns = 15'000'000'000 + Below(1000);
    p_.comments = {Text(fmt::format("host {}", Below(3)))};
    p_.default_sample_type = p_.sample_types[0].type;
    if (shape_ == Shape::kGo) {
      p_.mappings.push_back(
          {0x400000, 0x900000, 0, Text("/app/server"), Text("c0ffee"), true, true, true, true});
    }
    if (shape_ == Shape::kDotnet) {
      for (uint64_t i = 0; i < 3; ++i) {
        p_.mappings.push_back({0x10000 * (i + 1), 0x10000 * (i + 1) + 0x8000, 0,
                               Text(fmt::format("Module{}.dll", i)), StringId::kEmpty, true, false,
                               true, false});
      }
    }
  }

  // The same n gives the same function in every profile of the shape.
  FunctionId AddFunction(uint32_t n) {
    auto [it, added] = functions_.try_emplace(n);
    if (!added) return it->second;
    Function f;
    switch (shape_) {
      case Shape::kGo:
        f.name = Text(fmt::format("example.com/app/pkg{}.(*T[go.shape.int]).F{}", n % 7, n));
        f.system_name = f.name;
        f.file = Text(fmt::format("/src/app/pkg{}/f.go", n % 7));
        f.start_line = n * 10;
        break;
      case Shape::kJava:
        f.name = Text(fmt::format("com/example/Service{}.lambda$run${}", n % 5, n));
        f.file = Text(fmt::format("Service{}.java", n % 5));
        break;
      case Shape::kPython:
        f.name = f.system_name = Text(fmt::format("handler_{}", n));
        f.file = Text(fmt::format("/venv/lib/python3.12/site-packages/mod{}.py", n % 9));
        f.start_line = n;
        break;
      case Shape::kNode:
        f.name = Text(fmt::format("({}) => größe·{} {}", n, n, std::string(n * 8, 'x')));
        f.file = Text(fmt::format("file:///app/node_modules/p{}/dist/index.js", n % 4));
        break;
      case Shape::kDotnet:
        f.name = Text(fmt::format("Ns.Class{}`1[[System.__Canon, mscorlib]].M{}()", n % 6, n));
        break;
    }
    it->second = static_cast<FunctionId>(p_.functions.size());
    p_.functions.push_back(f);
    return it->second;
  }

  void AddLocation(uint32_t n) {
    Location l;
    l.lines_begin = static_cast<uint32_t>(p_.lines.size());
    size_t lines = shape_ == Shape::kGo ? 1 + n % 3 : 1;
    if (shape_ == Shape::kDotnet && n % 5 == 0) lines = 0;
    for (uint32_t k = 0; k < lines; ++k) {
      int64_t column = shape_ == Shape::kNode ? n % 80 : 0;
      p_.lines.push_back({AddFunction((n + k) % 40), n * 3 + k, column});
    }
    l.lines_end = static_cast<uint32_t>(p_.lines.size());
    if (shape_ == Shape::kGo) {
      l.mapping = MappingId{0};
      l.address = 0x401000 + n * 16;
    } else if (shape_ == Shape::kDotnet) {
      l.mapping = static_cast<MappingId>(n % 3);
      l.address = 0x10000 * (n % 3 + 1) + n * 8;
    }
    p_.locations.push_back(l);
  }

  void AddSample() {
    size_t depth = 1 + Below(12);
    for (size_t i = 0; i < depth; ++i) {
      p_.sample_locations.push_back(
          static_cast<LocationId>(Below(static_cast<uint32_t>(p_.locations.size()))));
    }
    p_.stack_ends.push_back(static_cast<uint32_t>(p_.sample_locations.size()));
    bool zero = Below(10) == 0;
    for (size_t i = 0; i < p_.sample_types.size(); ++i) {
      p_.sample_values.push_back(zero ? 0 : (1 + Below(50)) * (i == 0 ? 1 : 10'000'000));
    }
    if (shape_ == Shape::kJava || shape_ == Shape::kNode) {
      p_.labels.push_back({Text("thread"), Text(fmt::format("worker-{}", Below(3)))});
      if (Below(2) == 0) {
        p_.labels.push_back({Text("size"), StringId::kEmpty, 1 + Below(4), Text("bytes")});
      }
    }
    p_.label_ends.push_back(static_cast<uint32_t>(p_.labels.size()));
  }

  Shape shape_;
  std::mt19937 random_;
  Profile p_;
  std::map<std::string, StringId> texts_;
  std::map<uint32_t, FunctionId> functions_;
};

}  // namespace

std::string_view ShapeName(Shape shape) {
  switch (shape) {
    case Shape::kGo:
      return "go";
    case Shape::kJava:
      return "java";
    case Shape::kPython:
      return "python";
    case Shape::kNode:
      return "node";
    case Shape::kDotnet:
      return "dotnet";
  }
  return "";
}

Profile MakeProfile(Shape shape, uint32_t seed) { return ShapeBuilder(shape, seed).Run(); }

Profile MakeRandomProfile(uint32_t seed, Sums sums) {
  std::mt19937 random(seed);
  auto below = [&](size_t bound) {
    return std::uniform_int_distribution<uint32_t>(0, static_cast<uint32_t>(bound) - 1)(random);
  };
  Profile p;
  // The types come first, so that all such profiles merge.
  StringId count = p.strings.Append("count"), bytes = p.strings.Append("bytes");
  p.sample_types = {{count, count}, {bytes, bytes}};
  size_t strings = 1 + below(12);
  for (size_t i = 0; i < strings; ++i) p.strings.Append(std::string(below(11), 'a') + "é");
  auto text = [&] { return static_cast<StringId>(below(p.strings.size())); };
  p.period = below(3);
  p.time_ns = below(3);
  p.duration_ns = below(100);
  p.drop_frames = text();
  p.keep_frames = text();
  p.doc_url = text();
  p.default_sample_type = text();
  for (size_t i = below(4); i > 0; --i) p.comments.push_back(text());
  for (size_t i = below(4); i > 0; --i) {
    uint64_t start = 4096 * below(3);
    p.mappings.push_back({start, start + 4090 + below(8), below(2), text(), text(), below(2) == 0,
                          below(2) == 0, below(2) == 0, below(2) == 0});
  }
  for (size_t i = 1 + below(6); i > 0; --i)
    p.functions.push_back({text(), text(), text(), below(2)});
  for (size_t i = 1 + below(10); i > 0; --i) {
    Location l;
    l.lines_begin = static_cast<uint32_t>(p.lines.size());
    for (size_t k = below(3); k > 0; --k) {
      p.lines.push_back({static_cast<FunctionId>(below(p.functions.size())), below(3), below(2)});
    }
    l.lines_end = static_cast<uint32_t>(p.lines.size());
    if (!p.mappings.empty() && below(3) > 0) {
      l.mapping = static_cast<MappingId>(below(p.mappings.size()));
    }
    l.address = below(3) * 64;
    l.is_folded = below(4) == 0;
    p.locations.push_back(l);
  }
  for (size_t i = below(30); i > 0; --i) {
    for (size_t k = below(4); k > 0; --k) {
      p.sample_locations.push_back(static_cast<LocationId>(below(p.locations.size())));
    }
    p.stack_ends.push_back(static_cast<uint32_t>(p.sample_locations.size()));
    for (size_t k = 0; k < 2; ++k) {
      int64_t value = below(4);
      p.sample_values.push_back(sums == Sums::kMayCancel ? value - 1 : value);
    }
    for (size_t k = below(3); k > 0; --k) p.labels.push_back({text(), text(), below(2), text()});
    p.label_ends.push_back(static_cast<uint32_t>(p.labels.size()));
  }
  if (p.labels.empty()) p.label_ends.clear();
  return p;
}

}  // namespace anneal
