#include "base/fs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace anneal {
namespace {

Code CodeOfErrno(int error) {
  switch (error) {
    case ENOENT:
      return Code::kNotFound;
    case EACCES:
    case EPERM:
      return Code::kPermissionDenied;
    case EEXIST:
      return Code::kAlreadyExists;
    case ENOSPC:
    case EDQUOT:
      return Code::kResourceExhausted;
    default:
      return Code::kUnknown;
  }
}

Status ErrnoStatus(std::string_view doing, const std::string& path) {
  int error = errno;
  return Error(CodeOfErrno(error), "{} {}: {}", doing, path, std::strerror(error));
}

// Closes a file descriptor at the end of a scope.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

Status WriteAll(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoStatus("writing", path);
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return Status();
}

// Makes a rename in `path`'s directory durable.
Status SyncParent(const std::string& path) {
  std::string parent = std::filesystem::path(path).parent_path().string();
  if (parent.empty()) parent = ".";
  Descriptor dir(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (dir.get() < 0) return ErrnoStatus("opening", parent);
  if (::fsync(dir.get()) != 0 && errno != EINVAL) return ErrnoStatus("syncing", parent);
  return Status();
}

class SystemFs : public Fs {
 public:
  Result<std::string> ReadFile(const std::string& path) const override {
    Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0) return ErrnoStatus("opening", path);
    std::string bytes;
    // Read to the end rather than trust st_size: /proc files and pipes say 0.
    constexpr size_t kChunkBytes = 64 * 1024;
    for (;;) {
      size_t old_size = bytes.size();
      bytes.resize(old_size + kChunkBytes);
      ssize_t n = ::read(file.get(), bytes.data() + old_size, kChunkBytes);
      bytes.resize(old_size + static_cast<size_t>(n > 0 ? n : 0));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return ErrnoStatus("reading", path);
      if (n == 0) return bytes;
    }
  }

  Status WriteFileAtomic(const std::string& path, std::string_view bytes) override {
    struct stat old = {};
    const bool exists = ::stat(path.c_str(), &old) == 0;
    if (exists && !S_ISREG(old.st_mode)) return WriteInto(path, bytes);
    const std::string target = Target(path);
    std::string temporary = fmt::format("{}.tmp.{}", target, ::getpid());
    Status status = WriteNew(temporary, bytes, exists ? old.st_mode & 07777 : kNewMode);
    if (status.ok() && ::rename(temporary.c_str(), target.c_str()) != 0) {
      status = ErrnoStatus("renaming into", target);
    }
    if (!status.ok()) {
      ::unlink(temporary.c_str());
      return status;
    }
    return SyncParent(target);
  }

  bool Exists(const std::string& path) const override {
    std::error_code error;
    return std::filesystem::exists(path, error);
  }

  Result<std::vector<std::string>> ListDir(const std::string& path) const override {
    std::error_code error;
    std::filesystem::directory_iterator it(path, error), end;
    std::vector<std::string> names;
    for (; !error && it != end; it.increment(error)) names.push_back(it->path().filename());
    if (error) {
      return Error(CodeOfErrno(error.value()), "listing {}: {}", path, error.message());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  Status MakeDirs(const std::string& path) override {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (!error) return Status();
    return Error(CodeOfErrno(error.value()), "creating {}: {}", path, error.message());
  }

  Status Remove(const std::string& path) override {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return ErrnoStatus("removing", path);
    return Status();
  }

 private:
  static constexpr mode_t kNewMode = 0644;

  // What a symbolic link leads to, which need not exist yet; else `path` itself.
  static std::string Target(const std::string& path) {
    constexpr int kMostLinks = 40;  // as Linux has it
    std::filesystem::path target = path;
    std::error_code error;
    for (int i = 0; i < kMostLinks && std::filesystem::is_symlink(target, error); ++i) {
      const std::filesystem::path next = std::filesystem::read_symlink(target, error);
      if (error) break;
      target = next.is_absolute() ? next : target.parent_path() / next;
    }
    return target.string();
  }

  static Status WriteInto(const std::string& path, std::string_view bytes) {
    Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (file.get() < 0) return ErrnoStatus("opening", path);
    return WriteAll(file.get(), bytes, path);
  }

  static Status WriteNew(const std::string& path, std::string_view bytes, mode_t mode) {
    Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kNewMode));
    if (file.get() < 0) return ErrnoStatus("creating", path);
    if (mode != kNewMode && ::fchmod(file.get(), mode) != 0) {
      return ErrnoStatus("setting the permissions of", path);
    }
    TRY(WriteAll(file.get(), bytes, path));
    if (::fsync(file.get()) != 0) return ErrnoStatus("syncing", path);
    return Status();
  }
};

}  // namespace

Fs& Fs::System() {
  static SystemFs fs;
  return fs;
}

}  // namespace anneal
