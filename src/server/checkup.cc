#include "server/checkup.h"

#include <sys/resource.h>

#include <filesystem>

#include "base/clock.h"
#include "base/units.h"
#include "server/certificate.h"
#include "server/token_file.h"

namespace anneal {
namespace {

using Verdict = Check::Verdict;

constexpr uint64_t kLowDiskBytes = uint64_t{1} << 30;
constexpr int64_t kPatienceNs = 5'000'000'000;
constexpr int64_t kRenewalNs = int64_t{14} * 24 * 3600 * 1'000'000'000;
// The store's own files, besides a descriptor for each connection.
constexpr uint64_t kStoreDescriptors = 1024;

// The directory itself or the nearest one above it that exists.
std::filesystem::path ExistingAt(const std::string& directory) {
  std::error_code error;
  std::filesystem::path path = std::filesystem::absolute(directory, error);
  while (!std::filesystem::exists(path, error) && path.has_relative_path()) {
    path = path.parent_path();
  }
  return path;
}

Check CheckData(const ServerConfig& config, Fs& fs) {
  Check check{.name = "data directory", .found = config.data};
  const std::filesystem::path existing = ExistingAt(config.data);
  std::error_code error;
  if (!std::filesystem::is_directory(existing, error)) {
    check.verdict = Verdict::kFailed;
    check.found = fmt::format("{} is not a directory", existing.string());
    check.advice = "choose another with --data DIR";
    return check;
  }
  const std::string probe = (existing / ".anneal-doctor").string();
  const Status written = fs.WriteFileAtomic(probe, "probe");
  const Status removed = fs.Remove(probe);
  if (!written.ok() || !removed.ok()) {
    check.verdict = Verdict::kFailed;
    check.found =
        fmt::format("{}: {}", existing.string(), (written.ok() ? removed : written).message());
    check.advice = "give this user the right to write there, or choose another with --data DIR";
    return check;
  }
  check.found = existing == std::filesystem::absolute(config.data, error)
                    ? fmt::format("{} is writable", config.data)
                    : fmt::format("{} will be created", config.data);
  return check;
}

Check CheckDisk(const ServerConfig& config) {
  Check check{.name = "disk space"};
  std::error_code error;
  const std::filesystem::space_info space = std::filesystem::space(ExistingAt(config.data), error);
  if (error) {
    check.verdict = Verdict::kWarning;
    check.found = error.message();
    return check;
  }
  check.found = fmt::format("{} free for {}", HumanBytes(space.available), config.data);
  if (space.available < kLowDiskBytes) {
    check.verdict = Verdict::kWarning;
    check.advice = "free some, shorten --retention, or choose another disk with --data DIR";
  }
  return check;
}

Check CheckPort(const ServerConfig& config, Http& http) {
  Check check{.name = "port", .found = fmt::format("{} is free", config.listen)};
  const Result<ListenAddress> listen = ParseListen(config.listen);
  HttpServerOptions options;
  if (listen.ok()) {
    options.host = listen->host;
    options.port = listen->port;
  }
  options.worker_threads = 1;
  const Result<std::unique_ptr<HttpServer>> probe = HttpServer::Start(
      options, [](HttpRequest, HttpRespond respond) { respond({.status = 503}); });
  if (probe.ok()) return check;
  check.found = probe.status().message();
  const bool any_host = options.host.empty() || options.host == "0.0.0.0";
  const std::string url =
      fmt::format("http://{}:{}/healthz", any_host ? "127.0.0.1" : options.host, options.port);
  const Result<HttpResponse> answer = http.Fetch({.target = url}, kPatienceNs, 4096);
  if (answer.ok() && answer->status == 200 && answer->body == "ok\n") {
    check.found = fmt::format("an anneal is serving on {}", config.listen);
    return check;
  }
  // Asked in plain, since its certificate need not be one for this address.
  if (answer.ok() && answer->status == 400 && answer->body.starts_with("this port speaks TLS")) {
    check.found = fmt::format("an anneal is serving on {} by https", config.listen);
    return check;
  }
  check.verdict = Verdict::kFailed;
  check.advice = "end the program that has the port, or choose another with --listen HOST:PORT";
  return check;
}

// Whether others than the file's owner and group may read it, or others than its owner change it.
bool IsLaidOpen(const std::string& file) {
  std::error_code error;
  const auto mode = std::filesystem::status(file, error).permissions();
  using std::filesystem::perms;
  return !error &&
         (mode & (perms::group_write | perms::others_read | perms::others_write)) != perms::none;
}

bool IsForOthers(const ServerConfig& config) {
  const Result<ListenAddress> listen = ParseListen(config.listen);
  return listen.ok() && !IsLoopback(listen->host);
}

Check CheckTls(const ServerConfig& config, Fs& fs) {
  Check check{.name = "tls", .found = fmt::format("off: http://{}", config.listen)};
  if (!SpeaksTls(config)) {
    if (IsForOthers(config)) {
      check.verdict = Verdict::kWarning;
      check.found += ", where tokens and profiles can be read on their way";
      check.advice = "set tls.cert and tls.key, or listen on 127.0.0.1 behind a proxy with TLS";
    }
    return check;
  }
  const Result<int64_t> end_ns = CheckCertificate(config, fs);
  if (!end_ns.ok()) {
    check.verdict = Verdict::kFailed;
    check.found = end_ns.status().message();
    check.advice = "mend the files of the settings tls.cert and tls.key; `anneal serve` needs both";
    return check;
  }
  check.found =
      fmt::format("https://{}, {} until {}", config.listen, config.tls_cert, ShowDay(*end_ns));
  const int64_t now_ns = Clock::System().NowNs();
  if (*end_ns < now_ns + kRenewalNs) {
    check.verdict = *end_ns < now_ns ? Verdict::kFailed : Verdict::kWarning;
    check.advice = "renew the certificate and send the server SIGHUP";
  } else if (IsLaidOpen(config.tls_key)) {
    check.verdict = Verdict::kWarning;
    check.found += fmt::format("; others may read or change {}", config.tls_key);
    check.advice = fmt::format("chmod 640 {}", config.tls_key);
  }
  return check;
}

Check CheckTokens(const ServerConfig& config, Fs& fs) {
  Check check{.name = "authentication"};
  if (config.auth_tokens.empty()) {
    check.found = "off";
    if (IsForOthers(config)) {
      check.verdict = Verdict::kWarning;
      check.found = fmt::format("off: everybody who reaches {} may read and write", config.listen);
      check.advice = "make tokens with `anneal token` and set auth.tokens";
    }
    return check;
  }
  const Result<std::string> text = fs.ReadFile(config.auth_tokens);
  const Result<std::vector<TokenEntry>> entries =
      text.ok() ? ParseTokenFile(*text) : Result<std::vector<TokenEntry>>(text.status());
  if (!entries.ok()) {
    check.verdict = Verdict::kFailed;
    check.found = fmt::format("{}: {}", config.auth_tokens, entries.status().message());
    check.advice = "mend the file of the setting auth.tokens; `anneal token` makes its lines";
    return check;
  }
  check.found = fmt::format("{} tokens in {}", entries->size(), config.auth_tokens);
  if (IsLaidOpen(config.auth_tokens)) {
    check.verdict = Verdict::kWarning;
    check.found += ", which others may read or change";
    check.advice = fmt::format("chmod 640 {}", config.auth_tokens);
  }
  return check;
}

Check CheckDescriptors(const ServerConfig& config) {
  Check check{.name = "file descriptors"};
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return check;
  // The server raises its own limit as far as it may.
  check.found = fmt::format("{} may be open", limit.rlim_max);
  const uint64_t wanted = config.max_connections + kStoreDescriptors;
  if (limit.rlim_max < wanted) {
    check.verdict = Verdict::kWarning;
    check.advice = fmt::format(
        "http.max_connections is {}: raise the limit (ulimit -Hn {}) or lower the setting",
        config.max_connections, wanted);
  }
  return check;
}

Check CheckGo(Process& process) {
  Check check{.name = "go toolchain"};
  Command command;
  command.argv = {"go", "version"};
  command.stderr_stream = Command::Stream::kPipe;
  const Result<RunOutput> run = process.Run(command, "", kPatienceNs);
  if (!run.ok() || !run->exit.ok()) {
    check.verdict = Verdict::kWarning;
    check.found = "no `go` in PATH";
    check.advice =
        "not needed by the server; `anneal loop` and `anneal pgo` build with it: "
        "https://go.dev/dl/";
    return check;
  }
  check.found = run->out.substr(0, run->out.find('\n'));
  return check;
}

}  // namespace

std::string_view VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kOk:
      return "ok";
    case Verdict::kWarning:
      return "warning";
    case Verdict::kFailed:
      return "failed";
  }
  return "failed";
}

std::vector<Check> RunChecks(const ServerConfig& config, Fs& fs, Process& process, Http& http) {
  return {CheckData(config, fs), CheckDisk(config),       CheckPort(config, http),
          CheckTls(config, fs),  CheckTokens(config, fs), CheckDescriptors(config),
          CheckGo(process)};
}

}  // namespace anneal
