// GoToolchain: the real `go` on this machine, for tests that compare with it.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/fs.h"
#include "base/process.h"
#include "base/status.h"

namespace anneal {

// A temporary directory that goes with it, and the go commands run in it.
class GoToolchain {
 public:
  GoToolchain() {
    std::string pattern = (std::filesystem::temp_directory_path() / "anneal_go_XXXXXX").string();
    dir_ = ::mkdtemp(pattern.data());
  }
  ~GoToolchain() { std::filesystem::remove_all(dir_); }
  GoToolchain(const GoToolchain&) = delete;
  GoToolchain& operator=(const GoToolchain&) = delete;

  std::string Path(const std::string& name) const { return dir_ + "/" + name; }

  std::string Write(const std::string& name, std::string_view bytes) const {
    std::string path = Path(name);
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    Status written = Fs::System().WriteFileAtomic(path, bytes);
    EXPECT_TRUE(written.ok()) << written.ToString();
    return path;
  }

  std::string Read(const std::string& path) const {
    Result<std::string> bytes = Fs::System().ReadFile(path);
    EXPECT_TRUE(bytes.ok()) << bytes.status().ToString();
    return bytes.ok() ? *bytes : "";
  }

  RunOutput Run(std::vector<std::string> argv, const std::string& cwd = "") const {
    Command command;
    command.argv = std::move(argv);
    command.cwd = cwd;
    command.stderr_stream = Command::Stream::kPipe;
    Result<RunOutput> output = Process::System().Run(command, "", 300LL * 1'000'000'000);
    EXPECT_TRUE(output.ok()) << output.status().ToString();
    return output.ok() ? *output : RunOutput{.exit = {.code = -1}};
  }

  // `go tool preprofile`: its output, or what it said when it failed.
  Result<std::string> Preprofile(std::string_view pprof) const {
    RunOutput output = Run({"go", "tool", "preprofile", "-i", Write("in.pprof", pprof)});
    if (!output.exit.ok()) return InvalidArgument("{}", output.err);
    return output.out;
  }

  // The merge of pprof files by google/pprof itself.
  std::string PprofMerge(const std::vector<std::string>& paths) const {
    std::vector<std::string> argv = {"go", "tool", "pprof", "-proto", "-output", Path("merged")};
    argv.insert(argv.end(), paths.begin(), paths.end());
    RunOutput output = Run(argv);
    EXPECT_TRUE(output.exit.ok()) << output.err;
    return Read(Path("merged"));
  }

 private:
  std::string dir_;
};

// A folder of the project's sources.
inline std::string SourcePath(const std::string& path) {
  return std::string(ANNEAL_SOURCE_DIR) + "/" + path;
}

}  // namespace anneal
