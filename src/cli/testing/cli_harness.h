// Runs command lines in a test: everything outside is fake or in a temporary directory.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "cli/context.h"
#include "cli/frame.h"
#include "net/fake_http.h"

namespace anneal {

class CliHarness {
 public:
  CliHarness() {
    std::string pattern = (std::filesystem::temp_directory_path() / "anneal_cli_XXXXXX").string();
    dir_ = ::mkdtemp(pattern.data());
  }
  ~CliHarness() { std::filesystem::remove_all(dir_); }
  CliHarness(const CliHarness&) = delete;
  CliHarness& operator=(const CliHarness&) = delete;

  // Exit status of `anneal ARGS...`; out and err then hold what it printed.
  int Run(std::vector<std::string> args) {
    std::istringstream in_stream(in);
    std::ostringstream out_stream, err_stream;
    CliContext context = Context(in_stream, out_stream, err_stream);
    int status = RunCommandLine(std::move(args), context);
    out = out_stream.str();
    err = err_stream.str();
    return status;
  }
  CommandDoc Describe() {
    std::stringstream stream;
    CliContext context = Context(stream, stream, stream);
    return DescribeCommandLine(context);
  }
  // A path in this harness's own directory.
  std::string Path(const std::string& name) const { return dir_ + "/" + name; }

  FakeClock clock;
  FakeHttp http;
  std::map<std::string, std::string> env;
  bool color = false;
  std::string in;
  std::string out, err;

 private:
  CliContext Context(std::istream& in_stream, std::ostream& out_stream, std::ostream& err_stream) {
    return CliContext{.fs = Fs::System(),
                      .clock = clock,
                      .http = http,
                      .process = Process::System(),
                      .in = in_stream,
                      .out = out_stream,
                      .err = err_stream,
                      .env = [this](const std::string& name) { return env[name]; },
                      .color = color};
  }

  std::string dir_;
};

}  // namespace anneal
