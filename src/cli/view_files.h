// The profiles that `anneal view` shows: reading them, naming them, choosing what is shown first.
#pragma once

#include <optional>
#include <string>

#include "base/status.h"
#include "cli/context.h"
#include "profile/profile.h"

namespace anneal {

struct ViewFile {
  std::string name;  // what the page calls it
  Profile profile;   // with a time
};

struct ViewFiles {
  ViewFile main;
  std::optional<ViewFile> base;  // what it is compared with
};

// Reads pprof, gzipped or not, or folded stacks; "-" is standard input. `base` may be empty. The
// two get different names. Errors name the file and say what is expected.
Result<ViewFiles> ReadViewFiles(const std::string& file, const std::string& base,
                                CliContext& context);

// The column that people look for first: CPU time, else the profile's own default, else the last.
size_t FirstColumn(const Profile& profile);
// The same column of another profile, by name and unit; kInvalidArgument when it has none.
Result<size_t> SameColumn(const Profile& profile, size_t column, const ViewFile& other);

// {"title","tree","lines","state"} as the page's element "anneal-data" holds it; lines are those of
// the functions with the most value of their own.
Result<std::string> ViewData(const ViewFiles& files, const std::string& state);

}  // namespace anneal
