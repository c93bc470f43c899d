#include "base/fs.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

namespace anneal {
namespace {

class FsTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "anneal_fs_XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    dir_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  std::string dir_;
  Fs& fs_ = Fs::System();
};

TEST_F(FsTest, WritesReadsListsRemoves) {
  ASSERT_TRUE(fs_.MakeDirs(dir_ + "/a/b").ok());
  std::string big(200'000, 'x');
  ASSERT_TRUE(fs_.WriteFileAtomic(dir_ + "/a/b/f", big).ok());
  EXPECT_EQ(*fs_.ReadFile(dir_ + "/a/b/f"), big);
  ASSERT_TRUE(fs_.WriteFileAtomic(dir_ + "/a/b/f", "new").ok());
  EXPECT_EQ(*fs_.ReadFile(dir_ + "/a/b/f"), "new");
  EXPECT_EQ(*fs_.ListDir(dir_ + "/a/b"), std::vector<std::string>{"f"});
  EXPECT_TRUE(fs_.Remove(dir_ + "/a/b/f").ok());
  EXPECT_TRUE(fs_.Remove(dir_ + "/a/b/f").ok());
  EXPECT_FALSE(fs_.Exists(dir_ + "/a/b/f"));
}

TEST_F(FsTest, ErrorsNameThePath) {
  Result<std::string> read = fs_.ReadFile(dir_ + "/none");
  EXPECT_EQ(read.status().code(), Code::kNotFound);
  EXPECT_NE(read.status().message().find("/none"), std::string::npos);
  EXPECT_EQ(fs_.WriteFileAtomic(dir_ + "/no/dir/f", "x").code(), Code::kNotFound);
  EXPECT_EQ(fs_.ListDir(dir_ + "/none").status().code(), Code::kNotFound);
}

TEST_F(FsTest, ReadsFilesThatClaimToBeEmpty) {
  Result<std::string> status = fs_.ReadFile("/proc/self/status");
  ASSERT_TRUE(status.ok());
  EXPECT_NE(status->find("VmRSS"), std::string::npos);
}

}  // namespace
}  // namespace anneal
