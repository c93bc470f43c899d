#include "api/script_names.h"

#include <gtest/gtest.h>

#include "api/made_profile.h"

namespace anneal {
namespace {

// Functions are in main.go, "lib" in /usr/lib/x.py.
Profile Scripts() {
  Profile profile = Make({.sample_types = {{"cpu", "nanoseconds"}},
                          .samples = {{{"main", "lib"}, {1}}, {{"main", "none"}, {2}}}});
  for (Function& function : profile.functions) {
    if (profile.Text(function.name) == "lib") function.file = profile.strings.Append("/lib/x.py");
    if (profile.Text(function.name) == "none") function.file = StringId::kEmpty;
  }
  return profile;
}

TEST(ScriptNamesTest, PutsTheFileBeforeTheName) {
  const std::pair<std::string_view, std::string_view> kRows[] = {
      {"rbspy", "main.go main;/lib/x.py lib 1\nmain.go main;none 2\n"},
      {"scripting", "main.go main;/lib/x.py lib 1\nmain.go main;none 2\n"},
      {"pyspy", "main.go main;lib 1\nmain.go main;none 2\n"},
      {"gospy", "main;lib 1\nmain;none 2\n"},
      {"", "main;lib 1\nmain;none 2\n"},
  };
  for (const auto& [spy, want] : kRows) {
    Profile profile = Scripts();
    AddScriptNames(spy, profile);
    EXPECT_EQ(Show(profile), want) << spy;
    EXPECT_TRUE(ValidateProfile(profile).ok());
  }
}

}  // namespace
}  // namespace anneal
