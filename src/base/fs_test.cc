#include "base/fs.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

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

TEST_F(FsTest, WhatStoodThereStaysWhatItWas) {
  const std::string file = dir_ + "/f", link = dir_ + "/link", dangling = dir_ + "/dangling";
  ASSERT_TRUE(fs_.WriteFileAtomic(file, "old").ok());
  ASSERT_EQ(::chmod(file.c_str(), 0600), 0);
  std::filesystem::create_symlink("f", link);
  std::filesystem::create_symlink("new", dangling);
  ASSERT_TRUE(fs_.WriteFileAtomic(link, "by the link").ok());
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  EXPECT_EQ(*fs_.ReadFile(file), "by the link");
  EXPECT_EQ(std::filesystem::status(file).permissions(), std::filesystem::perms(0600));
  ASSERT_TRUE(fs_.WriteFileAtomic(dangling, "made").ok());
  EXPECT_TRUE(std::filesystem::is_symlink(dangling));
  EXPECT_EQ(*fs_.ReadFile(dir_ + "/new"), "made");
  // A pipe is written to, not replaced.
  const std::string pipe = dir_ + "/pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  ASSERT_TRUE(fs_.WriteFileAtomic(pipe, "through").ok());
  char read[16] = {};
  EXPECT_EQ(::read(reader, read, sizeof(read)), 7);
  EXPECT_STREQ(read, "through");
  ::close(reader);
  EXPECT_TRUE(std::filesystem::is_fifo(pipe));
  EXPECT_EQ(fs_.ListDir(dir_)->size(), 5u);  // no temporary file is left
}

TEST_F(FsTest, ReadsFilesThatClaimToBeEmpty) {
  Result<std::string> status = fs_.ReadFile("/proc/self/status");
  ASSERT_TRUE(status.ok());
  EXPECT_NE(status->find("VmRSS"), std::string::npos);
}

}  // namespace
}  // namespace anneal
