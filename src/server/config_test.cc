#include "server/config.h"

#include <map>
#include <set>

#include "server/config_file.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

// Files that are texts.
class TextFs : public Fs {
 public:
  Result<std::string> ReadFile(const std::string& path) const override {
    const auto file = files.find(path);
    if (file == files.end()) return Error(Code::kNotFound, "{}: no such file", path);
    return file->second;
  }
  Status WriteFileAtomic(const std::string&, std::string_view) override { return {}; }
  bool Exists(const std::string& path) const override { return files.contains(path); }
  Result<std::vector<std::string>> ListDir(const std::string&) const override {
    return std::vector<std::string>();
  }
  Status MakeDirs(const std::string&) override { return {}; }
  Status Remove(const std::string&) override { return {}; }

  std::map<std::string, std::string> files;
};

struct World {
  TextFs fs;
  std::map<std::string, std::string> env = {{"HOME", "/home/ann"}};
  std::vector<std::pair<std::string, std::string>> flags;
  std::string file;

  Result<LoadedConfig> Load() {
    return LoadConfig(fs, {.file = file, .flags = flags, .env = [this](const std::string& name) {
                             return env.contains(name) ? env[name] : "";
                           }});
  }
};

std::string OriginOf(const LoadedConfig& loaded, std::string_view name) {
  for (const SettingValue& value : loaded.values) {
    if (value.setting->name == name) return fmt::format("{} from {}", value.text, value.origin);
  }
  return "none";
}

TEST(Config, DefaultsAreWithinTheirBounds) {
  World world;
  Result<LoadedConfig> loaded = world.Load();
  ASSERT_TRUE(loaded.ok()) << loaded.status().ToString();
  EXPECT_EQ(loaded->values.size(), Settings().size());
  EXPECT_EQ(loaded->config.data, "/home/ann/.local/share/anneal");
  for (const SettingValue& value : loaded->values) {
    EXPECT_EQ(value.origin, "default");
    // What is shown reads back as the same value.
    ServerConfig copy;
    EXPECT_TRUE(SetSetting(*value.setting, value.text, copy).ok())
        << value.setting->name << " " << value.text;
    EXPECT_EQ(ShowSetting(*value.setting, copy), value.text);
  }
}

TEST(Config, TheMemoryBudgetIsShared) {
  World world;
  const ServerConfig defaults;
  EXPECT_EQ(defaults.max_inflight + defaults.store_intern_cache + defaults.store_block_cache +
                defaults.store_result_cache,
            defaults.memory_budget);
  world.flags = {{"memory_budget", "800MiB"}, {"store.result_cache", "0"}};
  const Result<LoadedConfig> loaded = world.Load();
  ASSERT_TRUE(loaded.ok()) << loaded.status().ToString();
  EXPECT_EQ(OriginOf(*loaded, "http.max_inflight"), "400MiB from memory_budget");
  EXPECT_EQ(OriginOf(*loaded, "store.intern_cache"), "200MiB from memory_budget");
  EXPECT_EQ(OriginOf(*loaded, "store.block_cache"), "100MiB from memory_budget");
  EXPECT_EQ(loaded->config.store_result_cache, 0u) << "what is set stays";
  EXPECT_EQ(loaded->config.max_inflight, uint64_t{400} << 20);
}

TEST(Config, NamesAreUnique) {
  std::set<std::string> flags, variables;
  std::set<void*> fields;
  ServerConfig config;
  for (const Setting& setting : Settings()) {
    EXPECT_TRUE(flags.insert(SettingFlag(setting.name)).second) << setting.name;
    EXPECT_TRUE(variables.insert(SettingVariable(setting.name)).second) << setting.name;
    std::visit([&](auto* field) { EXPECT_TRUE(fields.insert(field).second) << setting.name; },
               setting.field(config));
  }
  EXPECT_EQ(SettingFlag("limits.label_name"), "--limits-label-name");
  EXPECT_EQ(SettingVariable("limits.label_name"), "ANNEAL_LIMITS_LABEL_NAME");
}

TEST(Config, FlagOverEnvironmentOverFileOverDefault) {
  World world;
  world.fs.files["/home/ann/.config/anneal/config.yaml"] =
      "# mine\nretention: 7d\nlisten: ':4041'\nlimits:\n  body: 1MiB\n  samples: 5\n";
  world.env["ANNEAL_RETENTION"] = "8d";
  world.env["ANNEAL_LIMITS_BODY"] = "2MiB";
  world.flags = {{"retention", "9d"}};
  Result<LoadedConfig> loaded = world.Load();
  ASSERT_TRUE(loaded.ok()) << loaded.status().ToString();
  EXPECT_EQ(OriginOf(*loaded, "retention"), "9d from --retention");
  EXPECT_EQ(OriginOf(*loaded, "limits.body"), "2MiB from ANNEAL_LIMITS_BODY");
  EXPECT_EQ(OriginOf(*loaded, "limits.samples"), "5 from /home/ann/.config/anneal/config.yaml:6");
  EXPECT_EQ(OriginOf(*loaded, "listen"), ":4041 from /home/ann/.config/anneal/config.yaml:3");
  EXPECT_EQ(OriginOf(*loaded, "tenancy"), "single from default");
  EXPECT_EQ(loaded->config.limits.max_samples, 5u);
}

TEST(Config, TheFirstFileFoundIsRead) {
  World world;
  const auto retention = [&] { return OriginOf(*world.Load(), "retention"); };
  world.fs.files["/etc/anneal/config.yaml"] = "retention: 1d";
  EXPECT_EQ(retention(), "1d from /etc/anneal/config.yaml:1");
  world.fs.files["/home/ann/.config/anneal/config.yaml"] = "retention: 2d";
  EXPECT_EQ(retention(), "2d from /home/ann/.config/anneal/config.yaml:1");
  world.env["XDG_CONFIG_HOME"] = "/xdg";
  world.fs.files["/xdg/anneal/config.yaml"] = "retention: 3d";
  EXPECT_EQ(retention(), "3d from /xdg/anneal/config.yaml:1");
  world.env["ANNEAL_CONFIG"] = "/env.yaml";
  world.fs.files["/env.yaml"] = "retention: 4d";
  EXPECT_EQ(retention(), "4d from /env.yaml:1");
  world.file = "/flag.yaml";
  EXPECT_EQ(world.Load().status().code(), Code::kNotFound);
  world.fs.files["/flag.yaml"] = "retention: 5d";
  EXPECT_EQ(retention(), "5d from /flag.yaml:1");
}

TEST(Config, ErrorsSayWhere) {
  struct Row {
    std::string yaml;
    std::string message;
  };
  for (const Row& row :
       {Row{"retension: 3d",
            "/c.yaml: line 1: unknown key \"retension\": did you mean "
            "\"retention\"?"},
        Row{"\nlimits:\n  bodi: 1",
            "line 3: unknown key \"limits.bodi\": did you mean "
            "\"limits.body\"?"},
        Row{"series_points: 1", "did you mean \"limits.series_points\"?"},
        Row{"zzzzzzzzz: 1", "unknown key \"zzzzzzzzz\""},
        Row{"retention: 3d\nretention: 4d", "line 2: retention is given twice"},
        Row{"retention: [1]", "line 1: retention must have one value"},
        Row{"retention:", "line 1: retention must have one value"},
        Row{"limits: 3", "line 1: limits must hold keys with values"},
        Row{"- a", "line 1: the file must hold keys"}, Row{"a: b: c", "line 1: not valid YAML"},
        Row{"retention: 3", "/c.yaml:1: retention: \"3\" is not a duration such as"},
        Row{"limits: {samples: many}", "/c.yaml:1: limits.samples: \"many\" is not a whole number"},
        Row{"limits: {samples: 99999999999999999999}", "is not a whole number"},
        Row{"http: {worker_threads: 0}",
            "http.worker_threads: 0 is out of bounds: at least 1, at most 1024"},
        Row{"log: {level: loud}", "\"loud\" is not one of debug, info, warn, error"},
        Row{"listen: '4040'", "\"4040\" is not HOST:PORT"},
        Row{"tls: {cert: /c.pem}", "tls.cert is set, but tls.key is not"},
        Row{"tls: {key: /k.pem}", "set tls.cert too (--tls-cert FILE, or ANNEAL_TLS_CERT)"},
        Row{"data: ''", "data: must not be empty"}}) {
    World world;
    world.file = "/c.yaml";
    world.fs.files["/c.yaml"] = row.yaml;
    const Status status = world.Load().status();
    EXPECT_EQ(status.code(), Code::kInvalidArgument) << row.yaml;
    EXPECT_THAT(status.message(), HasSubstr(row.message)) << row.yaml;
  }
  World world;
  world.env["ANNEAL_LIMITS_BODY"] = "big";
  EXPECT_THAT(world.Load().status().message(),
              HasSubstr("ANNEAL_LIMITS_BODY: limits.body: \"big\""));
  world.env.clear();
  world.flags = {{"limits.body", "big"}};
  EXPECT_THAT(world.Load().status().message(), HasSubstr("--limits-body: limits.body: \"big\""));
}

TEST(Config, EmptyFilesAndGroupsAreFine) {
  for (const char* yaml : {"", "# nothing\n", "limits:\n", "limits: {}\n", "---\n"}) {
    World world;
    world.fs.files["/etc/anneal/config.yaml"] = yaml;
    EXPECT_TRUE(world.Load().ok()) << yaml;
  }
}

TEST(Config, ReadsTheScrapeSection) {
  World world;
  world.file = "/c.yaml";
  world.fs.files["/c.yaml"] =
      "retention: 1d\nscrape:\n  - job: web\n    targets: ['a:1']\nlisten: :1\n";
  Result<LoadedConfig> loaded = world.Load();
  ASSERT_TRUE(loaded.ok()) << loaded.status().ToString();
  ASSERT_EQ(loaded->config.scrape.size(), 1u);
  EXPECT_EQ(loaded->config.scrape[0].job, "web");
  world.fs.files["/c.yaml"] = "retention: 1d\nscrape:\n  - jobb: web\n";
  EXPECT_THAT(world.Load().status().message(), HasSubstr("/c.yaml: line 3"));
}

// docs/guide/server.md holds the table that the program would print.
TEST(Config, TheDocumentListsEverySetting) {
  const Result<std::string> document =
      Fs::System().ReadFile(std::string(ANNEAL_SOURCE_DIR) + "/docs/guide/server.md");
  ASSERT_TRUE(document.ok());
  EXPECT_NE(document->find(SettingsMarkdown()), std::string::npos)
      << "put this between the marks in docs/guide/server.md:\n"
      << SettingsMarkdown();
}

TEST(Config, ListenAddresses) {
  struct Row {
    std::string_view text, host;
    int port;
  };
  for (const Row& row : {Row{"127.0.0.1:4040", "127.0.0.1", 4040}, Row{":4040", "", 4040},
                         Row{"[::1]:0", "::1", 0}, Row{"localhost:65535", "localhost", 65535}}) {
    Result<ListenAddress> address = ParseListen(row.text);
    ASSERT_TRUE(address.ok()) << row.text;
    EXPECT_EQ(address->host, row.host);
    EXPECT_EQ(address->port, row.port);
  }
  for (const char* text :
       {"", "4040", "h:", "h:65536", "h:-1", "h:x", "::1:4040", "h:99999999999"}) {
    EXPECT_FALSE(ParseListen(text).ok()) << text;
  }
}

TEST(Config, LoopbackIsAnAddressAndNoBeginning) {
  for (const char* host : {"localhost", "LocalHost", "127.0.0.1", "127.255.3.4", "::1"}) {
    EXPECT_TRUE(IsLoopback(host)) << host;
  }
  for (const char* host : {"", "127.", "127.0.0.1.evil.example", "127.evil.example", "128.0.0.1",
                           "localhost.evil.example", "0.0.0.0", "::", "10.0.0.1", "1::1"}) {
    EXPECT_FALSE(IsLoopback(host)) << host;
  }
}

}  // namespace
}  // namespace anneal
