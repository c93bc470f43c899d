// anneal token
#include <sys/stat.h>

#include <algorithm>
#include <istream>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/json_output.h"
#include "server/secret_hash.h"
#include "server/token_file.h"

namespace anneal {
namespace {

constexpr size_t kLeastSecretBytes = 12;
constexpr size_t kMostSecretBytes = 1024;

struct TokenOptions {
  std::string name, rights = "read", tenant = "anonymous", file;
  bool from_stdin = false, replace = false, json = false;
};

int Fail(const Status& status, CliContext& context) {
  context.err << fmt::format("anneal token: {}\n", status.message());
  return ExitStatusOf(status);
}

// One line of standard input; or a new secret.
Result<std::string> SecretOf(const TokenOptions& options, CliContext& context) {
  if (!options.from_stdin) return NewSecret();
  std::string line;
  std::getline(context.in, line);
  if (line.ends_with('\r')) line.pop_back();
  // Given as a whole token it is the same secret.
  if (line.starts_with(options.name + ".")) line.erase(0, options.name.size() + 1);
  if (line.size() < kLeastSecretBytes || line.size() > kMostSecretBytes) {
    return InvalidArgument("a secret has {} to {} bytes; standard input's first line has {}",
                           kLeastSecretBytes, kMostSecretBytes, line.size());
  }
  // It travels in a header, whose ends are trimmed.
  const bool printable =
      std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c <= '~'; });
  if (!printable || line.front() == ' ' || line.back() == ' ') {
    return InvalidArgument("a secret has printable ASCII characters, blanks only within it");
  }
  return line;
}

// The file's text with the line of `entry` in it, in place of one of the same name.
Result<std::string> WithEntry(const TokenOptions& options, const TokenEntry& entry,
                              CliContext& context) {
  std::string before;
  if (context.fs.Exists(options.file)) {
    ASSIGN_OR_RETURN(before, context.fs.ReadFile(options.file));
    TRY(ParseTokenFile(before).status().Annotate(options.file));
  }
  std::string after;
  bool placed = false;
  for (std::string_view rest = before; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (!line.starts_with(entry.name + ":")) {
      after.append(line).append("\n");
      continue;
    }
    if (!options.replace) {
      return Error(Code::kAlreadyExists,
                   "{} has a token {}; --replace puts the new one in its place", options.file,
                   entry.name);
    }
    after.append(FormatTokenLine(entry)).append("\n");
    placed = true;
  }
  if (!placed) after.append(FormatTokenLine(entry)).append("\n");
  return after;
}

// A new file is for its owner only; an old one keeps its mode and owner where that is allowed.
Status WriteTokens(const std::string& path, std::string_view text, CliContext& context) {
  struct stat before{};
  const bool existed = ::stat(path.c_str(), &before) == 0;
  const mode_t mask = ::umask(0077);
  const Status written = context.fs.WriteFileAtomic(path, text);
  ::umask(mask);
  TRY(written);
  if (!existed) return {};
  if (::chmod(path.c_str(), before.st_mode & 07777) != 0 ||
      ::chown(path.c_str(), before.st_uid, before.st_gid) != 0) {
    context.err << fmt::format("anneal token: {} may have another owner or mode now\n", path);
  }
  return {};
}

Result<TokenEntry> MakeEntry(const TokenOptions& options, std::string_view secret) {
  ASSIGN_OR_RETURN(const std::string hash, HashSecret(secret));
  return MakeTokenEntry(options.name, hash, options.rights, options.tenant);
}

int Token(const TokenOptions& options, CliContext& context) {
  const Result<std::string> secret = SecretOf(options, context);
  if (!secret.ok()) return Fail(secret.status(), context);
  const Result<TokenEntry> entry = MakeEntry(options, *secret);
  if (!entry.ok()) {
    const int failed = Fail(entry.status(), context);
    return entry.status().code() == Code::kInvalidArgument ? int{kExitUsage} : failed;
  }
  const std::string token = fmt::format("{}.{}", options.name, *secret);
  if (!options.file.empty()) {
    Result<std::string> text = WithEntry(options, *entry, context);
    if (!text.ok()) return Fail(text.status(), context);
    if (const Status written = WriteTokens(options.file, *text, context); !written.ok()) {
      return Fail(written, context);
    }
  }
  if (options.json) {
    const nlohmann::ordered_json json = {{"token", token}, {"line", FormatTokenLine(*entry)}};
    context.out << DumpJsonLine(json) << "\n";
  } else if (!options.file.empty()) {
    context.out << token << "\n";
  } else {
    context.out << fmt::format("token  {}\nline   {}\n", token, FormatTokenLine(*entry));
  }
  return kExitOk;
}

}  // namespace

CommandRun DefineToken(CLI::App& app, CliContext& context) {
  auto options = std::make_shared<TokenOptions>();
  app.add_option("NAME", options->name, "Who or what will use it: letters, digits, - and _")
      ->type_name("NAME")
      ->required();
  app.add_option("--rights", options->rights, "Some of read, write, admin, with commas between")
      ->type_name("LIST")
      ->capture_default_str();
  app.add_option("--tenant", options->tenant, "The tenant it is bound to; a|b: several; *: any")
      ->type_name("ID")
      ->capture_default_str();
  app.add_option("--file", options->file,
                 "Put the line into this token file, and print the token alone")
      ->type_name("FILE");
  app.add_flag("--replace", options->replace, "Put it in the place of the one of that name");
  app.add_flag("--stdin", options->from_stdin,
               "Read the secret from standard input rather than make one");
  app.add_flag("--json", options->json, "As JSON");
  return [options, &context] { return Token(*options, context); };
}

}  // namespace anneal
