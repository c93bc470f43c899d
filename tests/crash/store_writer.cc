// store_writer DIR FIRST: appends profiles FIRST, FIRST+1, … with several in flight, and writes
// each number, as 4 bytes, to standard output when it is durable. Goes on until it is killed.
#include <unistd.h>

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>

#include "crash_write.h"

int main(int argc, char** argv) {
  using namespace anneal;
  if (argc != 3) return 2;
  Result<std::unique_ptr<Store>> store = OpenEmbedded(CrashOptions(argv[1]));
  if (!store.ok()) {
    std::fprintf(stderr, "%s\n", store.status().ToString().c_str());
    return 1;
  }
  std::mutex mutex;
  std::condition_variable changed;
  int in_flight = 0;
  for (auto n = static_cast<uint32_t>(std::strtoul(argv[2], nullptr, 10));; ++n) {
    {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return in_flight < 6; });
      ++in_flight;
    }
    Profile profile = CrashProfile(n);
    ProfileWrite write = CrashWrite(n, profile);
    (*store)->Append("anonymous", {&write, 1}, [&, n](Status status) {
      if (!status.ok() || ::write(STDOUT_FILENO, &n, sizeof n) != sizeof n) ::_exit(1);
      std::lock_guard lock(mutex);
      --in_flight;
      changed.notify_one();
    });
  }
}
