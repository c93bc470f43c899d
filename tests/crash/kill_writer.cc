// kill -9 at random moments: what was acknowledged is there, whole, and the store opens as it is.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <random>
#include <set>

#include "crash_write.h"
#include "profile/pprof.h"
#include "store/temp_dir_for_test.h"

namespace anneal {
namespace {

// ANNEAL_KILLS: another number of them.
int Kills() {
  const char* text = std::getenv("ANNEAL_KILLS");
  return text == nullptr ? 50 : std::atoi(text);
}

class Writer {
 public:
  Writer(const std::string& directory, uint32_t first) {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    const std::string number = std::to_string(first);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      ::close(ends[0]);
      ::close(ends[1]);
      ::execl(STORE_WRITER, STORE_WRITER, directory.c_str(), number.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(ends[1]);
    acknowledgements_ = ends[0];
  }
  ~Writer() {
    Kill();
    ::close(acknowledgements_);
  }
  // The next acknowledged number; nullopt when the writer is gone.
  std::optional<uint32_t> Next() {
    uint32_t n;
    ssize_t got;
    do {
      got = ::read(acknowledgements_, &n, sizeof n);
    } while (got < 0 && errno == EINTR);
    if (got != sizeof n) return std::nullopt;
    return n;
  }
  void Kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

 private:
  pid_t pid_ = -1;
  int acknowledgements_ = -1;
};

// The numbers stored in the range; each must be what the writer meant to store.
std::set<uint32_t> ReadAndCompare(Store& store, TimeRange range) {
  std::set<uint32_t> found;
  Selection selection = SelectAll({});
  selection.range = range;
  Status scanned = store.Scan(selection, [&](const StoredProfile& stored) {
    uint32_t n = 0;
    for (size_t i = 12; i < 16; ++i) n = n << 8 | stored.id[i];
    Profile profile = CrashProfile(n);
    EXPECT_TRUE(EncodePprof(stored.profile) == EncodePprof(StoredColumn(CrashWrite(n, profile))))
        << "profile " << n << " is not what was appended";
    found.insert(n);
    return Status();
  });
  EXPECT_TRUE(scanned.ok()) << scanned.ToString();
  return found;
}

TEST(Crash, NothingAcknowledgedIsLost) {
  TempDir dir;
  const int kills = Kills();
  std::mt19937 generator(20261123);
  auto random = [&generator] { return static_cast<uint32_t>(generator()); };
  std::set<uint32_t> acknowledged;
  uint32_t first = 0;
  for (int kill = 0; kill < kills; ++kill) {
    const uint32_t round_first = first;
    {
      Writer writer(dir.path(), first);
      // Now and then while it opens, mostly after some acknowledgements, at any distance from one.
      const uint32_t wait_for = random() % 8 == 0 ? 0 : 1 + random() % 60;
      for (uint32_t i = 0; i < wait_for; ++i) {
        std::optional<uint32_t> n = writer.Next();
        ASSERT_TRUE(n.has_value()) << "the writer gave up in round " << kill;
        acknowledged.insert(*n);
      }
      ::usleep(random() % 5000);
      writer.Kill();
      // What it still told us before it died counts.
      while (std::optional<uint32_t> n = writer.Next()) acknowledged.insert(*n);
    }
    Result<VerifyReport> report = VerifyEmbedded(CrashOptions(dir.path()));
    if (!report.ok()) {
      // Killed before there was a store.
      ASSERT_TRUE(acknowledged.empty()) << report.status().ToString();
      continue;
    }
    EXPECT_THAT(report->problems, testing::IsEmpty()) << "round " << kill;
    std::unique_ptr<Store> store = OpenEmbedded(CrashOptions(dir.path())).value();
    const int64_t from =
        kTestBaseNs + int64_t{round_first} * 7 * kTestSecondNs - 3600 * kTestSecondNs;
    std::set<uint32_t> found = ReadAndCompare(*store, {from, INT64_MAX});
    for (auto n = acknowledged.lower_bound(round_first); n != acknowledged.end(); ++n) {
      EXPECT_TRUE(found.contains(*n)) << "acknowledged profile " << *n << " is lost";
    }
    // Profiles without acknowledgement may be there; the next round does not reuse their numbers.
    if (!found.empty()) first = std::max(first, *found.rbegin() + 1);
  }
  std::unique_ptr<Store> store = OpenEmbedded(CrashOptions(dir.path())).value();
  std::set<uint32_t> found = ReadAndCompare(*store, {0, INT64_MAX});
  EXPECT_TRUE(std::ranges::includes(found, acknowledged));
  EXPECT_GT(acknowledged.size(), static_cast<size_t>(kills) * 10);
}

}  // namespace
}  // namespace anneal
