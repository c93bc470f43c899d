// An Env whose files fail when told: the k-th write or sync from now on, or all of them.
#pragma once

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <atomic>
#include <memory>

namespace anneal {

// Shared by the file system and its files.
struct FaultPlan {
  std::atomic<int64_t> until_failure = -1;  // operations that still succeed; below 0: no fault
  std::atomic<int64_t> operations = 0;      // writes and syncs so far
  std::atomic<int64_t> failures = 0;        // of these, made to fail
  std::atomic<bool> sticky = true;          // false: one operation fails, then all is well

  bool Fails() {
    ++operations;
    int64_t left = until_failure.load();
    if (left < 0) return false;
    if (left > 0) {
      --until_failure;
      return false;
    }
    if (!sticky) until_failure = -1;
    ++failures;
    return true;
  }
};

class FaultFileSystem : public rocksdb::FileSystemWrapper {
 public:
  FaultFileSystem(std::shared_ptr<rocksdb::FileSystem> target, std::shared_ptr<FaultPlan> plan)
      : FileSystemWrapper(std::move(target)), plan_(std::move(plan)) {}
  const char* Name() const override { return "FaultFileSystem"; }

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result,
                                    rocksdb::IODebugContext* debug) override {
    rocksdb::IOStatus status = target()->NewWritableFile(name, options, result, debug);
    if (status.ok()) *result = std::make_unique<File>(std::move(*result), plan_);
    return status;
  }

 private:
  class File : public rocksdb::FSWritableFileOwnerWrapper {
   public:
    File(std::unique_ptr<rocksdb::FSWritableFile> file, std::shared_ptr<FaultPlan> plan)
        : FSWritableFileOwnerWrapper(std::move(file)), plan_(std::move(plan)) {}
    using FSWritableFileOwnerWrapper::Append;
    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override {
      if (plan_->Fails()) {
        // Half of it reaches the file, as when the disk is full.
        rocksdb::Slice half(data.data(), data.size() / 2);
        FSWritableFileOwnerWrapper::Append(half, options, debug).PermitUncheckedError();
        return rocksdb::IOStatus::IOError("made to fail");
      }
      return FSWritableFileOwnerWrapper::Append(data, options, debug);
    }
    rocksdb::IOStatus Sync(const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* debug) override {
      if (plan_->Fails()) return rocksdb::IOStatus::IOError("made to fail");
      return FSWritableFileOwnerWrapper::Sync(options, debug);
    }

   private:
    std::shared_ptr<FaultPlan> plan_;
  };

  std::shared_ptr<FaultPlan> plan_;
};

}  // namespace anneal
