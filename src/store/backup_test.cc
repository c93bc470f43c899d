// Backups: whole, taken while appends go on, sharing files, and restored to an equal store.
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "store/engine.h"
#include "store/export.h"
#include "store/profiles_for_test.h"
#include "store/temp_dir_for_test.h"

namespace anneal {
namespace {

namespace fs = std::filesystem;

class BackupTest : public testing::Test {
 protected:
  std::unique_ptr<Store> Open(const std::string& name) {
    EmbeddedOptions options;
    options.directory = Path(name);
    options.epoch_ns = 3600 * kTestSecondNs;
    return OpenEmbedded(options).value();
  }
  std::string Path(const std::string& name) { return dir_.path() + "/" + name; }
  static Status Append(Store& store, uint32_t n) {
    Profile profile = LinkedProfile(n);
    ProfileWrite write;
    write.labels = TestLabels(n % 2 == 0 ? "a" : "b", kTestCpuType);
    write.id = TestUuid(n);
    write.time_ns = kTestBaseNs + int64_t{n} * 60 * kTestSecondNs;
    write.profile = &profile;
    write.sample_type = 1;
    return AppendAndWait(store, "anonymous", {&write, 1});
  }
  static std::string Content(Store& store) {
    std::ostringstream out;
    EXPECT_TRUE(ExportProfiles(store, std::vector<Selection>{SelectAll({})}, out).ok());
    return out.str();
  }

  TempDir dir_;
};

TEST_F(BackupTest, ARestoredBackupIsTheStoreOfThatMoment) {
  std::unique_ptr<Store> store = Open("data");
  for (uint32_t n = 0; n < 90; ++n) ASSERT_TRUE(Append(*store, n).ok());
  const std::string then = Content(*store);
  EXPECT_GT(store->Stats()->services.at(0).links_bytes, 0u);
  Status backed_up = store->Backup(Path("backup"));
  ASSERT_TRUE(backed_up.ok()) << backed_up.ToString();
  for (uint32_t n = 90; n < 120; ++n) ASSERT_TRUE(Append(*store, n).ok());
  // A second one shares the files of the first.
  ASSERT_TRUE(store->Backup(Path("second")).ok());
  size_t shared = 0;
  for (const auto& entry : fs::directory_iterator(Path("second"))) {
    if (entry.path().extension() == ".sst" && fs::hard_link_count(entry.path()) > 2) ++shared;
  }
  EXPECT_GT(shared, 0u);
  // The store goes, its backups do not.
  store.reset();
  fs::remove_all(Path("data"));
  fs::create_directory(Path("restored"));
  for (int times = 0; times < 2; ++times) {
    Status restored = RestoreEmbedded(Path("backup"), Path("restored"));
    ASSERT_TRUE(restored.ok()) << restored.ToString();
    store = Open("restored");
    EXPECT_TRUE(Content(*store) == then);
    // Whatever is done to the store, the backup is what it was.
    ASSERT_TRUE(Append(*store, 500).ok());
    ASSERT_TRUE(RetainFrom(*store, kTestBaseNs + 3600 * kTestSecondNs).ok());
    store.reset();
    fs::remove_all(Path("restored"));
  }
}

TEST_F(BackupTest, ABackupTakenUnderLoadHasAllThatWasAcknowledgedBefore) {
  std::unique_ptr<Store> store = Open("data");
  std::atomic<uint32_t> acknowledged = 0;
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    for (uint32_t n = 0; !stop && n < 5'000; ++n) {
      if (Append(*store, n).ok()) acknowledged = n + 1;
    }
  });
  for (int i = 0; i < 3; ++i) {
    while (acknowledged < 20u * static_cast<uint32_t>(i + 1)) std::this_thread::yield();
    const uint32_t before = acknowledged;
    const std::string name = "backup" + std::to_string(i);
    Status backed_up = store->Backup(Path(name));
    EXPECT_TRUE(backed_up.ok()) << backed_up.ToString();
    std::unique_ptr<Store> copy = Open(name);
    std::set<uint32_t> found;
    EXPECT_TRUE(copy->Scan(SelectAll({}),
                           [&](const StoredProfile& stored) {
                             found.insert(uint32_t{stored.id[14]} << 8 | stored.id[15]);
                             return Status();
                           })
                    .ok());
    for (uint32_t n = 0; n < before; ++n) EXPECT_TRUE(found.contains(n)) << n;
  }
  stop = true;
  writer.join();
}

TEST_F(BackupTest, WhatStandsInTheWayOrIsDamagedIsRefused) {
  std::unique_ptr<Store> store = Open("data");
  for (uint32_t n = 0; n < 20; ++n) ASSERT_TRUE(Append(*store, n).ok());
  ASSERT_TRUE(store->Backup(Path("backup")).ok());
  EXPECT_EQ(store->Backup(Path("backup")).code(), Code::kAlreadyExists);
  EXPECT_EQ(RestoreEmbedded(Path("backup"), Path("data")).code(), Code::kAlreadyExists);
  EXPECT_EQ(RestoreEmbedded(Path("none"), Path("new")).code(), Code::kNotFound);
  for (const auto& entry : fs::directory_iterator(Path("backup"))) {
    if (entry.path().extension() != ".sst") continue;
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(20);
    file.put('\x55');
  }
  Status damaged = RestoreEmbedded(Path("backup"), Path("new"));
  EXPECT_EQ(damaged.code(), Code::kDataLoss) << damaged.ToString();
  EXPECT_FALSE(fs::exists(Path("new")));
  EXPECT_FALSE(fs::exists(Path("new.partial")));
}

}  // namespace
}  // namespace anneal
