// The Fs seam: the files that commands read and write. (The store's own files are RocksDB's.)
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace anneal {

class Fs {
 public:
  virtual ~Fs() = default;
  // The whole file's bytes; kNotFound when it does not exist. "-" has no special meaning here.
  virtual Result<std::string> ReadFile(const std::string& path) const = 0;
  // Replaces `path` in one step: writes a temporary file beside it, syncs, renames. A reader or a
  // crash sees the old bytes or the new ones, never a mixture. A file that was there keeps its
  // permissions, a symbolic link its place: what it leads to is replaced. What is no file (a
  // device, a pipe) is written to.
  virtual Status WriteFileAtomic(const std::string& path, std::string_view bytes) = 0;
  virtual bool Exists(const std::string& path) const = 0;
  // Names (not paths) of a directory's entries, sorted.
  virtual Result<std::vector<std::string>> ListDir(const std::string& path) const = 0;
  // Creates the directory and its parents; ok when it exists.
  virtual Status MakeDirs(const std::string& path) = 0;
  // Removes a file; ok when there is none.
  virtual Status Remove(const std::string& path) = 0;

  // The machine's file system; lives as long as the process.
  static Fs& System();
};

}  // namespace anneal
