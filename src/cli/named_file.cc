#include "cli/named_file.h"

#include <filesystem>
#include <istream>
#include <iterator>
#include <ostream>

namespace anneal {

Result<std::string> ReadInput(CliContext& context, const std::string& path) {
  if (path != "-") return context.fs.ReadFile(path);
  std::string bytes{std::istreambuf_iterator<char>(context.in), std::istreambuf_iterator<char>()};
  if (context.in.bad()) return Error(Code::kDataLoss, "standard input could not be read");
  return bytes;
}

Status CheckOutput(const CliContext& context, const std::string& path, Overwrite overwrite) {
  if (path == "-") return {};
  const std::string directory = std::filesystem::path(path).parent_path().string();
  if (!directory.empty() && !context.fs.Exists(directory)) {
    return Error(Code::kNotFound, "{}: there is no directory {}", path, directory);
  }
  if (overwrite == Overwrite::kAllow || !context.fs.Exists(path)) return {};
  return Error(Code::kAlreadyExists, "{} exists; --force overwrites it", path);
}

Status WriteOutput(CliContext& context, const std::string& path, std::string_view bytes,
                   Overwrite overwrite) {
  TRY(CheckOutput(context, path, overwrite));
  if (path != "-") return context.fs.WriteFileAtomic(path, bytes);
  context.out << bytes;
  return {};
}

}  // namespace anneal
