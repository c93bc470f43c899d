// Backup: a checkpoint of the database, checked. Restore: the way back, from files alone.
//
// RocksDB never changes a table file (*.sst) after it is whole, only removes it, so a backup and
// its store can share them; all else is small and copied.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "store/engine.h"

namespace anneal {
namespace {

namespace fs = std::filesystem;

Status Failed(std::string_view what, const fs::path& path, const std::error_code& error) {
  return Error(Code::kUnavailable, "cannot {} {}: {}", what, path.string(), error.message());
}

Status CheckSound(const std::string& directory) {
  EmbeddedOptions options;
  options.directory = directory;
  options.create = false;
  ASSIGN_OR_RETURN(VerifyReport report, VerifyEmbedded(options));
  if (report.problems.empty()) return {};
  return Error(Code::kDataLoss, "{} is not sound, {} problems, first: {}", directory,
               report.problems.size(), report.problems[0]);
}

Status SyncPath(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = fd >= 0 && ::fsync(fd) == 0;
  const std::error_code error(errno, std::generic_category());
  if (fd >= 0) ::close(fd);
  return synced ? Status() : Failed("sync", path, error);
}

Status CopyInto(const fs::path& file, const fs::path& directory) {
  const fs::path target = directory / file.filename();
  std::error_code error;
  if (file.extension() == ".sst") {
    fs::create_hard_link(file, target, error);
    if (!error) return {};
  }
  fs::copy_file(file, target, error);
  if (error) return Failed("copy", file, error);
  return SyncPath(target);
}

// The lock and the database's own log are of the process that had the files open.
bool BelongsToProcess(const fs::path& file) {
  const std::string name = file.filename().string();
  return name == "LOCK" || name.starts_with("LOG");
}

Status CopyFiles(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::directory_iterator it(from, error);
  for (; !error && it != fs::directory_iterator(); it.increment(error)) {
    if (it->is_regular_file() && !BelongsToProcess(it->path())) TRY(CopyInto(it->path(), to));
  }
  if (error) return Failed("read", from, error);
  return SyncPath(to);
}

}  // namespace

Status EmbeddedStore::Backup(const std::string& directory) {
  if (queue_ == nullptr) {
    return Error(Code::kFailedPrecondition, "the store in {} is open for reading only",
                 options_.directory);
  }
  {
    MutexLock upkeep(upkeep_);  // a copy may take long
    ReaderLock ground(ground_);
    TRY(kv_->Checkpoint(directory));
  }
  return CheckSound(directory);
}

Status RestoreEmbedded(const std::string& backup, const std::string& directory) {
  std::error_code error;
  if (fs::exists(directory, error) && !fs::is_empty(directory, error)) {
    return Error(Code::kAlreadyExists,
                 "{} exists and is not empty; restore to a new directory, then exchange them",
                 directory);
  }
  TRY(CheckSound(backup));
  // Under another name until it is whole, so that nothing half restored is taken for a store.
  fs::path target = fs::absolute(directory, error).lexically_normal();
  if (!target.has_filename()) target = target.parent_path();
  const fs::path partial = target.string() + ".partial";
  fs::remove_all(partial, error);
  if (!error) fs::create_directories(partial, error);
  if (error) return Failed("make", partial, error);
  Status copied = CopyFiles(backup, partial);
  if (copied.ok()) copied = CheckSound(partial.string());
  if (copied.ok()) {
    fs::rename(partial, target, error);  // over an empty directory, too
    if (!error) return SyncPath(target.parent_path());
    copied = Failed("rename to", target, error);
  }
  fs::remove_all(partial, error);
  return copied;
}

}  // namespace anneal
