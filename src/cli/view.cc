// anneal view: the web page on files, with a server of its own for as long as it is looked at; or
// as one HTML file.
#include <stdlib.h>

#include <filesystem>
#include <ostream>

#include "base/log.h"
#include "build_info.h"
#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/interrupt.h"
#include "cli/named_file.h"
#include "cli/query_flags.h"
#include "cli/view_document.h"
#include "cli/view_files.h"
#include "cli/view_state.h"
#include "collect/client.h"
#include "collect/profile_name.h"
#include "collect/profile_uuid.h"
#include "profile/pprof.h"
#include "server/server.h"

namespace anneal {
namespace {

constexpr std::string_view kCommand = "view";
constexpr int64_t kHourNs = int64_t{3600} * 1'000'000'000;
constexpr int64_t kNsPerMs = 1'000'000;

struct ViewOptions {
  std::string file, base, html, state;
  bool no_browser = false;
  bool force = false;
};

// A directory for the server's store, gone with this.
class TemporaryDirectory {
 public:
  static Result<std::unique_ptr<TemporaryDirectory>> Make() {
    std::error_code error;
    std::string pattern = (std::filesystem::temp_directory_path(error) / "anneal-view-XXXXXX");
    if (error || ::mkdtemp(pattern.data()) == nullptr) {
      return Error(Code::kUnavailable, "no temporary directory can be made at {}; set TMPDIR",
                   pattern);
    }
    return std::make_unique<TemporaryDirectory>(std::move(pattern));
  }
  explicit TemporaryDirectory(std::string path) : path_(std::move(path)) {}
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  const std::string path_;
};

Result<std::unique_ptr<Server>> StartServer(const std::string& directory) {
  ServerOptions options;
  options.config.listen = "127.0.0.1:0";
  options.config.data = directory + "/store";
  options.config.log_level = "warn";
  // Whatever a file's time is, it is asked for.
  options.config.retention_ns = 0;
  options.config.limits.max_future_ns = kHourNs * 24 * 36'500;
  options.version = kVersion;
  log::Configure(log::Level::kWarn, log::Format::kLogfmt);
  return Server::Start(options);
}

// Stores one file's profile as a service named like it.
Status PushFile(const ViewFile& file, const std::string& url, CliContext& context) {
  const std::string pprof = EncodePprof(file.profile);
  const PushProfile push{.labels = {{"__name__", std::string(NameOfProfile(file.profile))},
                                    {"service_name", file.name}},
                         .pprof = pprof,
                         .id = ContentUuid(pprof)};
  return ProfileClient(context.http, {.url = url}).Push(std::span(&push, 1)).Annotate(file.name);
}

std::string TypeOf(const Profile& profile, size_t column) {
  const ValueType& type = profile.sample_types[column];
  return fmt::format("{}:{}:{}:{}:{}", NameOfProfile(profile), profile.Text(type.type),
                     profile.Text(type.unit), profile.Text(profile.period_type.type),
                     profile.Text(profile.period_type.unit));
}

// The view's fields that select one file; `prefix` is "base." for what it is compared with.
void Select(const ViewFile& file, std::string_view prefix, ViewState& state) {
  const int64_t from_ms = file.profile.time_ns / kNsPerMs;
  const int64_t until_ms =
      (file.profile.time_ns + std::max<int64_t>(file.profile.duration_ns, 0)) / kNsPerMs + 1000;
  auto put = [&](std::string_view name, std::string value) {
    state.emplace_back(fmt::format("{}{}", prefix, name), std::move(value));
  };
  put("service", file.name);
  put("from", fmt::format("{}", from_ms));
  put("until", fmt::format("{}", until_ms));
}

ViewState StandardState(const ViewFiles& files) {
  ViewState state;
  if (files.base) state.emplace_back("page", "compare");
  state.emplace_back("type", TypeOf(files.main.profile, FirstColumn(files.main.profile)));
  Select(files.main, "", state);
  if (files.base) Select(*files.base, "base.", state);
  return state;
}

// Null when there is nothing to open it with: the address is printed anyway.
std::unique_ptr<Child> OpenBrowser(const std::string& url, CliContext& context) {
  std::string browser = context.env("BROWSER");
  browser = browser.substr(0, browser.find(':'));
  const bool display = !context.env("DISPLAY").empty() || !context.env("WAYLAND_DISPLAY").empty();
  if (browser.empty() && display) browser = "xdg-open";
  if (browser.empty()) return nullptr;
  Command command{.argv = {browser, url}};
  command.stdout_stream = Command::Stream::kDiscard;
  command.stderr_stream = Command::Stream::kDiscard;
  Result<std::unique_ptr<Child>> child = context.process.Spawn(command);
  if (child.ok()) return *std::move(child);
  context.err << fmt::format("anneal view: {} could not be started; open the address yourself\n",
                             browser);
  return nullptr;
}

Status Serve(const ViewFiles& files, const ViewState& given, const ViewOptions& options,
             CliContext& context) {
  if (files.base) {
    const size_t column = FirstColumn(files.main.profile);
    TRY(SameColumn(files.main.profile, column, *files.base).status());
  }
  InterruptScope interrupt;
  ASSIGN_OR_RETURN(std::unique_ptr<TemporaryDirectory> directory, TemporaryDirectory::Make());
  ASSIGN_OR_RETURN(std::unique_ptr<Server> server, StartServer(directory->path()));
  const std::string address = server->url();
  TRY(PushFile(files.main, address, context));
  if (files.base) TRY(PushFile(*files.base, address, context));
  const std::string url =
      fmt::format("{}/?{}", address, WriteViewState(MergeViewStates(StandardState(files), given)));
  context.out << url << "\n" << std::flush;
  context.err << "anneal view: open this address; Ctrl-C ends\n" << std::flush;
  std::unique_ptr<Child> browser = options.no_browser ? nullptr : OpenBrowser(url, context);
  while (!interrupt.WaitFor(kHourNs)) {
  }
  server->Shutdown();
  return Status();
}

Status WriteHtml(const ViewFiles& files, const ViewState& given, const ViewOptions& options,
                 CliContext& context) {
  const Overwrite overwrite = OverwriteIf(options.force);
  TRY(CheckOutput(context, options.html, overwrite));
  ViewState state;
  if (files.base) state.emplace_back("page", "compare");
  ASSIGN_OR_RETURN(std::string data,
                   ViewData(files, WriteViewState(MergeViewStates(state, given))));
  ASSIGN_OR_RETURN(std::string html, MakeViewDocument(PageFiles(), data));
  TRY(WriteOutput(context, options.html, html, overwrite));
  if (options.html == "-") return Status();
  context.err << fmt::format("anneal view: wrote {}; it needs no server\n", options.html);
  return Status();
}

int RunView(const ViewOptions& options, CliContext& context) {
  Result<ViewState> given = ParseViewState(options.state);
  if (!given.ok()) return ReportUsage(context, kCommand, given.status().Annotate("--state"));
  Result<ViewFiles> files = ReadViewFiles(options.file, options.base, context);
  if (!files.ok()) return ReportFailure(context, kCommand, files.status());
  Status status = options.html.empty() ? Serve(*files, *given, options, context)
                                       : WriteHtml(*files, *given, options, context);
  return status.ok() ? int{kExitOk} : ReportFailure(context, kCommand, status);
}

}  // namespace

CommandRun DefineView(CLI::App& app, CliContext& context) {
  auto options = std::make_shared<ViewOptions>();
  app.add_option("FILE", options->file, "A pprof profile, or folded stacks; - is standard input")
      ->required();
  app.add_option("--diff", options->base, "Compare it with this one")->type_name("FILE");
  app.add_option("--html", options->html,
                 "Write one HTML file that needs no server instead; - for standard output")
      ->type_name("FILE");
  app.add_option("--state", options->state,
                 "What to show: what stands behind '?' in the page's address, or the same as JSON")
      ->type_name("STATE");
  app.add_flag("--no-browser", options->no_browser, "Print the address only");
  app.add_flag("-f,--force", options->force, "Overwrite the HTML file");
  return [options, &context] { return RunView(*options, context); };
}

}  // namespace anneal
