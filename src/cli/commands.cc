#include "cli/commands.h"

namespace anneal {
namespace {

// Help lists them by group, and within a group in this order.
constexpr CommandRow kRows[] = {
    {.name = "query",
     .group = CommandGroup::kProfiles,
     .summary = "Get profiles, labels and series from a server",
     .details =
         R"(Works with anneal and with Pyroscope. --url, --tenant-id, --token, --username and --password can also be given as ANNEAL_URL and so on in the environment; PROFILECLI_URL and so on are understood too.

  anneal query merge --query='{service_name="app"}' --output=pprof=default.pgo
  anneal query functions --query='{service_name="app"}' --from=now-10m
  anneal query label-values service_name)",
     .define = DefineQuery},
    {.name = "scrape",
     .group = CommandGroup::kProfiles,
     .summary = "Pull profiles from running Go programs",
     .details =
         R"(Asks programs that serve net/http/pprof for their profiles, and pushes them to a server or writes them to files. Counters since the start of a program (memory, mutex, block) become what happened in each interval. A server does the same by itself with a scrape section in its config.

  anneal scrape --target localhost:6060 --service app
  anneal scrape --target localhost:6060 --service app --once --output-dir .)",
     .define = DefineScrape},
    {.name = "view",
     .group = CommandGroup::kProfiles,
     .summary = "Look at a profile in the browser, or write it as one HTML file",
     .details =
         R"(Serves the web page on a free port of this machine with the file's profile, opens a browser where there is a display, and ends on Ctrl-C. With --html it writes one file instead that needs no server and makes no request: for tickets and for artefacts of a build.

  anneal view cpu.pprof
  anneal view after.pprof --diff before.pprof
  anneal view cpu.pprof --html cpu.html --state 'panel=table&search=alloc'
  curl -s localhost:6060/debug/pprof/profile?seconds=5 | anneal view -)",
     .define = DefineView},
    {.name = "upload",
     .group = CommandGroup::kProfiles,
     .summary = "Push profile files to a server",
     .details =
         R"(Each file is stored under its metric name (process_cpu, memory, goroutine), which is told from its sample types; --extra-labels=__name__=mutex overrides it. Pushing a file twice stores it once.

  anneal upload cpu.pb.gz --extra-labels service_name=app
  curl -s localhost:6060/debug/pprof/profile?seconds=5 | anneal upload -)",
     .define = DefineUpload},
    {.name = "serve",
     .group = CommandGroup::kRun,
     .summary = "Serve the profile database",
     .details =
         R"(Takes profiles from whatever pushes to Grafana Pyroscope, pulls them from the targets of the config file's section `scrape`, keeps them in a directory, and answers queries. A push is acknowledged when it is on disk.

Every setting is a flag, an environment variable (ANNEAL_LIMITS_BODY for --limits-body) and a key of the config file (`body` below `limits`); flags win over variables, variables over the file. `anneal doctor` shows what is in effect.

  anneal serve
  anneal serve --data /var/lib/anneal --listen :4040 --retention 90d

The first SIGTERM or Ctrl-C lets requests under way finish, the second ends at once.)",
     .define = DefineServe},
    {.name = "doctor",
     .group = CommandGroup::kOther,
     .summary = "Show every setting of the server and check this machine",
     .details =
         R"(Prints each setting's value and where it came from: a default, a line of the config file, an environment variable or a flag. Then looks at the data directory, the disk, the port, the limits of this process and the Go toolchain. Ends with 1 when a check fails.

  anneal doctor
  anneal doctor --config ./anneal.yaml --json)",
     .define = DefineDoctor},
    {.name = "verify",
     .group = CommandGroup::kPgo,
     .summary = "Measure whether one program uses less CPU than another",
     .details = R"(
Baseline and candidate take turns in short bursts, in random order, and their CPU times are compared
within each turn; a second instance of the baseline shows how much is noise. The answer is the ratio
with its 95 % interval, and the exit status: 0 gain or within limits, 1 the measurement failed or
the machine is too noisy, 3 no gain where one was demanded, 4 a regression.

In stdin mode a program stays alive, does one repetition for each line it reads, and prints one line
for it. In http mode a service is started on the port in {port} and $PORT. In gobench mode the
programs are made by go test -c. In command mode each run is one measurement.

  anneal verify --baseline './old -q in.md' --candidate './new -q in.md'
  anneal verify --baseline ./old --candidate ./new --mode stdin --time 2m
  anneal verify --baseline './old -listen :{port}' \
      --candidate './new -listen :{port}' --requests requests.txt --plot ab.svg
  anneal verify --baseline ./old.test --candidate ./new.test --bench Render
  anneal verify --mode gobench --layouts 8 --build \
      'go test -c -ldflags=-randlayout={seed} -pgo={pgo} -o {out} .'
  anneal verify --from verdict.json --plot ab.html)",
     .define = DefineVerify},
    {.name = "loop",
     .group = CommandGroup::kPgo,
     .summary = "Profile, build with the profile, prove it faster, keep it",
     .details =
         R"(Does whole turns of profile-guided optimisation for the program that a small config file describes:
builds what ships now, profiles it under load, merges the profiles out of the database into the file
the compiler reads, builds again with it, lists what the compiler did because of it, measures both
binaries against each other, and keeps the file only when the gain is proven.

  anneal loop                                  # reads ./anneal.yaml
  anneal loop --config examples/markdown/anneal.yaml --iterations 3
  anneal loop --dry-run                        # check the config, run nothing

A server that asks who one is gets the token of the config's token_file, or of ANNEAL_TOKEN.)",
     .define = DefineLoop},
    {.name = "help",
     .group = CommandGroup::kOther,
     .summary = "Explain a command",
     .details = R"(  anneal help
  anneal help query merge)",
     .define = DefineHelp},
    {.name = "pgo",
     .group = CommandGroup::kPgo,
     .summary = "Make compilers' profiles, and tell what they are worth",
     .details = R"(  anneal pgo go cpu.pprof -o default.pgo
  anneal pgo report default.pgo --binary ./app
  anneal pgo decisions --after default.pgo ./cmd/app)",
     .define = DefinePgo},
    {.name = "records",
     .group = CommandGroup::kPgo,
     .summary = "List and delete what a server keeps of loops and verdicts",
     .details =
         R"(A record is what `anneal loop` or `anneal verify --publish` sent for the server's page: artefact, decisions, verdict.

  anneal records list shop
  anneal records delete shop 20261123T140000Z-1a2b3c4d5e6f)",
     .define = DefineRecords},
    {.name = "store",
     .group = CommandGroup::kStore,
     .summary = "Look after the files of the embedded store",
     .details = R"(
Without --data it is the store that serve uses when nothing else is configured, or that of
ANNEAL_DATA.

  anneal store stats
  anneal store verify --data ./data
  anneal store export --data ./data -o all.export
  anneal store import --data ./other all.export)",
     .define = DefineStore},
    {.name = "token",
     .group = CommandGroup::kRun,
     .summary = "Make a token that a server lets in",
     .details = R"(
Prints a new token, NAME.SECRET, which is shown this once, and the line for the file that the server's setting auth.tokens names; the line holds a hash only. A client sends the token as bearer token, or NAME as user and SECRET as password. Rights do not bring one another along. A running server reads the file anew on SIGHUP.

  anneal token ci --rights write --file /etc/anneal/tokens
  anneal token grafana --rights read --tenant 'shop|blog'
  printf '%s\n' "$PASSWORD" | anneal token ann --rights read,write --stdin)",
     .define = DefineToken},
    {.name = "completion",
     .group = CommandGroup::kOther,
     .summary = "Print the completion script of a shell",
     .details = R"(  source <(anneal completion bash)
  anneal completion zsh > ~/.zfunc/_anneal
  anneal completion fish > ~/.config/fish/completions/anneal.fish)",
     .define = DefineCompletion},
    {.name = "man",
     .group = CommandGroup::kOther,
     .summary = "Print the manual page",
     .details = R"(  anneal man | man -l -
  anneal man > /usr/local/share/man/man1/anneal.1)",
     .define = DefineMan},
    {.name = "version",
     .group = CommandGroup::kOther,
     .summary = "Print the version and how this binary was built",
     .details = {},
     .define = DefineVersion},
};

}  // namespace

const std::span<const CommandRow> kCommands = kRows;

}  // namespace anneal
