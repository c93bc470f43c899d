// A disk that runs full, a small tmpfs: pushes are refused as unavailable, queries are answered,
// nothing acknowledged is lost, and when space is back the store goes on by itself.
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>

#include "base/clock.h"
#include "store/embedded.h"
#include "store/profiles_for_test.h"
#include "store/temp_dir_for_test.h"

namespace anneal {
namespace {

// Mounts a file system of so many MiB, in a namespace of our own where we are not root.
class SmallDisk {
 public:
  explicit SmallDisk(int mib) {
    const std::string options = fmt::format("size={}m", mib);
    mounted_ = ::mount("tmpfs", dir_.path().c_str(), "tmpfs", 0, options.c_str()) == 0;
    if (!mounted_ && ::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0) {
      mounted_ = ::mount("tmpfs", dir_.path().c_str(), "tmpfs", 0, options.c_str()) == 0;
    }
    if (!mounted_) failure_ = std::strerror(errno);
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(dir_.path().c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }
  const std::string& failure() const { return failure_; }
  std::string Path(const std::string& name) const { return dir_.path() + "/" + name; }

 private:
  TempDir dir_;
  bool mounted_ = false;
  std::string failure_;
};

// Stacks that no other profile has, so that each costs some space.
Profile LargeProfile(uint32_t n) {
  Profile p;
  auto text = [&p](std::string_view s) { return p.strings.Append(s); };
  p.sample_types = {{text("cpu"), text("nanoseconds")}};
  p.period_type = p.sample_types[0];
  std::mt19937_64 random(n);
  for (uint32_t i = 0; i < 400; ++i) {
    p.functions.push_back({text(fmt::format("{:016x}{:016x}{:016x}", random(), random(), random())),
                           StringId::kEmpty, StringId::kEmpty, 1});
    p.lines.push_back({FunctionId{i}, 1, 0});
    p.locations.push_back({MappingId::kNone, 0, i, i + 1, false});
    p.sample_locations.push_back(LocationId{i});
    p.stack_ends.push_back(i + 1);
    p.sample_values.push_back(1);
  }
  return p;
}

Status Append(Store& store, uint32_t n) {
  const Profile profile = LargeProfile(n);
  ProfileWrite write;
  write.labels = TestLabels("a", kTestCpuType);
  write.id = TestUuid(n);
  write.time_ns = kTestBaseNs + int64_t{n} * kTestSecondNs;
  write.profile = &profile;
  return AppendAndWait(store, "anonymous", {&write, 1});
}

std::set<uint32_t> Found(Store& store) {
  std::set<uint32_t> found;
  auto totals = store.Totals(SelectAll(kTestCpuType), std::nullopt);
  EXPECT_TRUE(totals.ok()) << totals.status().ToString();
  if (!totals.ok()) return found;
  for (const auto& [labels, points] : *totals) {
    for (const SeriesPoint& point : points) {
      EXPECT_EQ(point.value, 400);
      found.insert(uint32_t{point.id[14]} << 8 | point.id[15]);
    }
  }
  return found;
}

// Far more than the store comes to: what the ballast gives back must be enough to go on with,
// though each try to recover makes room for some more profiles.
constexpr int kDiskMegabytes = 40;

TEST(DiskFull, NothingIsLostAndTheStoreGoesOnWhenSpaceIsBack) {
  SmallDisk disk(kDiskMegabytes);
  if (!disk.mounted()) {
    GTEST_SKIP() << "SKIPPED: no tmpfs can be mounted here (" << disk.failure()
                 << "), so that a full disk is NOT tested; run as root or allow user namespaces";
  }
  FakeClock clock;
  EmbeddedOptions options;
  options.directory = disk.Path("store");
  options.clock = &clock;
  std::unique_ptr<Store> store = OpenEmbedded(options).value();
  std::set<uint32_t> acknowledged;
  uint32_t n = 0;
  for (int times = 0; times < 3; ++times) {
    const std::string ballast = disk.Path("ballast");
    {
      std::ofstream file(ballast, std::ios::binary);
      const std::string block(1 << 20, 'x');
      for (int i = 0; i < kDiskMegabytes && file.flush(); ++i) file << block;
    }
    // Now and then a try to recover frees some space, for logs that are in tables by then.
    int refusals = 0;
    for (int i = 0; i < 2'000 && refusals < 6; ++i) {
      Status status = Append(*store, n);
      if (status.ok()) {
        acknowledged.insert(n);
      } else {
        ++refusals;
        EXPECT_EQ(status.code(), Code::kUnavailable) << status.ToString();
        clock.SleepNs(2 * kTestSecondNs);
      }
      ++n;
    }
    EXPECT_EQ(refusals, 6) << "the disk never ran full";
    std::set<uint32_t> found = Found(*store);
    EXPECT_TRUE(std::ranges::includes(found, acknowledged)) << "while it is full";
    std::filesystem::remove(ballast);
    clock.SleepNs(2 * kTestSecondNs);
    Status again = Append(*store, n);
    ASSERT_TRUE(again.ok()) << again.ToString();
    acknowledged.insert(n++);
    found = Found(*store);
    EXPECT_TRUE(std::ranges::includes(found, acknowledged));
  }
  store.reset();
  VerifyReport report = VerifyEmbedded(options).value();
  EXPECT_THAT(report.problems, testing::IsEmpty());
  store = OpenEmbedded(options).value();
  std::set<uint32_t> found = Found(*store);
  EXPECT_TRUE(std::ranges::includes(found, acknowledged));
}

}  // namespace
}  // namespace anneal
