// The worked examples of docs/format/store.md and export.md are the bytes that are written.
#include <map>
#include <sstream>

#include "base/fs.h"
#include "profile/merge.h"
#include "store/document_export.h"
#include "store/engine.h"
#include "store/export.h"
#include "store/profiles_for_test.h"
#include "store/temp_dir_for_test.h"

namespace anneal {
namespace {

std::string Hex(std::string_view bytes) {
  std::string out;
  for (char c : bytes) out += fmt::format("{:02x}", static_cast<uint8_t>(c));
  return out;
}

// The ```hex NAME blocks of a document: names to digits, comments and blanks left out.
std::map<std::string, std::string> HexBlocks(const std::string& document) {
  std::map<std::string, std::string> blocks;
  std::istringstream in(
      Fs::System().ReadFile(ANNEAL_SOURCE_DIR "/docs/format/" + document).value());
  std::string line, name;
  while (std::getline(in, line)) {
    if (line.starts_with("```")) {
      name = line.starts_with("```hex ") ? line.substr(7) : "";
    } else if (!name.empty()) {
      for (char c : line.substr(0, line.find('#'))) {
        if (c != ' ') blocks[name] += c;
      }
    }
  }
  return blocks;
}

// The example of both documents: shop's main calls render at line 12 for 30 ms, and spends 10 ms
// itself.
Profile ExampleProfile() {
  Profile p;
  auto text = [&p](std::string_view s) { return p.strings.Append(s); };
  p.sample_types = {{text("cpu"), text("nanoseconds")}};
  p.period_type = p.sample_types[0];
  p.mappings.push_back({0, 0, 0, text("/bin/shop"), StringId::kEmpty, true, true, true, false});
  p.functions.push_back({text("main.main"), text("main.main"), text("main.go"), 9});
  p.functions.push_back({text("main.render"), text("main.render"), p.functions[0].file, 20});
  p.lines = {{FunctionId{0}, 12, 0}, {FunctionId{1}, 23, 0}};
  p.locations = {{MappingId{0}, 0, 0, 1, false}, {MappingId{0}, 0, 1, 2, false}};
  p.sample_locations = {LocationId{0}, LocationId{1}, LocationId{0}};
  p.stack_ends = {1, 3};
  p.sample_values = {10'000'000, 30'000'000};
  return p;
}

class FormatDoc : public testing::Test {
 protected:
  void SetUp() override {
    EmbeddedOptions options;
    options.directory = dir_.path();
    store_ = EmbeddedStore::Open(options, nullptr).value();
    Profile profile = ExampleProfile();
    ProfileWrite write;
    write.labels = TestLabels("shop", kTestCpuType);
    write.id = TestUuid(0xabcdef);
    write.time_ns = 1'700'000'000'000'000'000;
    write.duration_ns = 10 * kTestSecondNs;
    write.period = 10'000'000;
    write.profile = &profile;
    ASSERT_TRUE(AppendAndWait(*store_, "anonymous", {&write, 1}).ok());
  }
  void ExpectRecord(std::map<std::string, std::string>& blocks, const std::string& name,
                    const KvCursor& cursor) {
    ASSERT_TRUE(cursor.Valid());
    EXPECT_EQ(blocks[name + "-key"], Hex(cursor.key()));
    EXPECT_EQ(blocks[name], Hex(cursor.value()));
  }

  TempDir dir_;
  std::unique_ptr<EmbeddedStore> store_;
};

TEST_F(FormatDoc, TheStoresExamplesAreWhatItWrites) {
  std::map<std::string, std::string> blocks = HexBlocks("store.md");
  Kv& kv = store_->kv();
  ExpectRecord(blocks, "format", *kv.Cursor(Family::kMeta, {}, {}));
  KvCursor series = kv.Cursor(Family::kSeries, {}, {}).value();
  for (const char* name : {"service", "series", "span"}) {
    ExpectRecord(blocks, name, series);
    series.Next();
  }
  ExpectRecord(blocks, "symbols", *kv.Cursor(Family::kSymbols, {}, {}));
  ExpectRecord(blocks, "profile", *kv.Cursor(Family::kProfiles, {}, {}));

  const DocumentName document{"anonymous", "record", "shop", "1"};
  ASSERT_TRUE(store_->PutDocument(document, "{}").ok());
  ExpectRecord(blocks, "document", *kv.Cursor(Family::kMeta, {}, {}));

  // The same with a span: 20 of the 30 ms.
  std::vector<StackValue> values = {{StackId{1}, 10'000'000}, {StackId{2}, 30'000'000}};
  SampleLink link{ParseSpanId("00f067aa0ba902b7").value(),
                  ParseTraceId("4bf92f3577b34da6a3ce929d0e0e4736").value()};
  std::string linked = EncodeProfileRecord({10 * kTestSecondNs, 10'000'000, 0, MappingId{0}, 0},
                                           values, {{StackId{2}, link, 20'000'000}});
  EXPECT_EQ(blocks["linked-profile"], Hex(linked));
}

TEST_F(FormatDoc, TheRollupsExamplesAreWhatItMakes) {
  std::map<std::string, std::string> blocks = HexBlocks("store.md");
  ASSERT_TRUE(store_->RollUp(1'800'000'000'000'000'000).ok());
  ASSERT_TRUE(store_->Flush().ok());
  KvCursor rollups = store_->kv().Cursor(Family::kRollups, {}, {}).value();
  ExpectRecord(blocks, "progress", rollups);
  rollups.Next();
  ExpectRecord(blocks, "rollup", rollups);
  const RollupKey epoch = DecodeRollupKey(rollups.key()).value();
  EXPECT_EQ(blocks["hour-rollup-key"], Hex(HourRollupKey(epoch.partition, epoch.series, 13)));
}

TEST_F(FormatDoc, TheExportsExampleIsWhatIsExported) {
  std::ostringstream out;
  std::vector<Selection> all = {SelectAll({})};
  ASSERT_TRUE(ExportProfiles(*store_, all, out).ok());
  std::map<std::string, std::string> blocks = HexBlocks("export.md");
  // How gzip packs the profile is its library's business; the rest is ours.
  const std::string hex = Hex(out.str());
  const std::string before = blocks["before"], after = blocks["after"];
  ASSERT_FALSE(before.empty());
  EXPECT_EQ(hex.substr(0, 32), before.substr(0, 32));
  // The two bytes between are the record size, which depends on gzip too.
  EXPECT_EQ(hex.substr(36, before.size() - 36), before.substr(36));
  EXPECT_EQ(hex.substr(hex.size() - after.size()), after);
  std::istringstream in(out.str());
  EXPECT_TRUE(ImportProfiles(*store_, in).ok());

  ASSERT_TRUE(store_->PutDocument({"anonymous", "record", "shop", "1"}, "{}").ok());
  std::ostringstream documents;
  const std::vector<std::string> tenants = {"anonymous"};
  ASSERT_TRUE(ExportDocuments(*store_, tenants, documents).ok());
  EXPECT_EQ(Hex(documents.str()), blocks["documents"]);
}

}  // namespace
}  // namespace anneal
