// The example in docs/format/profile.md, redone.
#include <gtest/gtest.h>

#include "base/fs.h"
#include "profile/folded.h"
#include "profile/merge.h"

namespace anneal {
namespace {

// The fenced blocks that follow "<!-- test: KIND -->".
std::vector<std::string> Blocks(const std::string& text, const std::string& kind) {
  const std::string head = "<!-- test: " + kind + " -->\n```\n";
  std::vector<std::string> out;
  for (size_t at = text.find(head); at != std::string::npos; at = text.find(head, at + 1)) {
    size_t begin = at + head.size();
    out.push_back(text.substr(begin, text.find("```", begin) - begin));
  }
  return out;
}

std::string Describe(const Profile& p) {
  std::string out = "strings";
  for (uint32_t i = 1; i < p.strings.size(); ++i) {
    out += fmt::format(" {}", p.Text(static_cast<StringId>(i)));
  }
  out += "\n";
  for (uint32_t i = 0; i < p.locations.size(); ++i) {
    std::span<const Line> lines = p.Lines(static_cast<LocationId>(i));
    out += fmt::format("location {} {}\n", i + 1, p.FunctionName(lines[0]));
  }
  for (size_t s = 0; s < p.SampleCount(); ++s) {
    out += fmt::format("sample {} at", p.Values(s)[0]);
    for (LocationId id : p.Stack(s)) out += fmt::format(" {}", Index(id) + 1);
    out += "\n";
  }
  return out;
}

TEST(FormatDocTest, TheExampleHolds) {
  const std::string doc =
      Fs::System().ReadFile(ANNEAL_SOURCE_DIR "/docs/format/profile.md").value();
  std::vector<Profile> inputs;
  for (const std::string& block : Blocks(doc, "input")) {
    inputs.push_back(DecodeFolded(block).value());
  }
  ASSERT_EQ(inputs.size(), 2u);
  std::vector<std::string> merged = Blocks(doc, "merged");
  ASSERT_EQ(merged.size(), 1u);
  EXPECT_EQ(Describe(MergeProfiles(inputs).value()), merged[0]);
}

}  // namespace
}  // namespace anneal
