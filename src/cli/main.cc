// The program: the system's seams, given to the command line.
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>

#include "cli/frame.h"

namespace {

std::string Env(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

// https://no-color.org: set and not empty means no.
bool WantsColor(int descriptor) {
  return ::isatty(descriptor) != 0 && Env("NO_COLOR").empty() && Env("TERM") != "dumb";
}

}  // namespace

int main(int argc, char** argv) {
  // A closed pipe or socket is an error of the write, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  std::ios::sync_with_stdio(false);
  const std::unique_ptr<anneal::Http> http = anneal::Http::Create();
  anneal::CliContext context{.fs = anneal::Fs::System(),
                             .clock = anneal::Clock::System(),
                             .http = *http,
                             .process = anneal::Process::System(),
                             .in = std::cin,
                             .out = std::cout,
                             .err = std::cerr,
                             .env = Env,
                             .err_is_terminal = ::isatty(STDERR_FILENO) != 0,
                             .color = WantsColor(STDOUT_FILENO)};
  return anneal::RunCommandLine(std::vector<std::string>(argv + 1, argv + argc), context);
}
