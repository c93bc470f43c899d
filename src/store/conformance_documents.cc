// Documents: what every Store must do with them.
#include <gmock/gmock.h>

#include <limits>
#include <sstream>

#include "store/conformance.h"
#include "store/document_export.h"
#include "store/profiles_for_test.h"

namespace anneal {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// "tenant/kind/service/id" of each.
std::vector<std::string> Names(Store& store, std::string_view tenant, std::string_view kind) {
  std::vector<std::string> names;
  const std::vector<DocumentInfo> documents = store.Documents(tenant, kind).value();
  for (const DocumentInfo& info : documents) {
    const DocumentName& n = info.name;
    names.push_back(fmt::format("{}/{}/{}/{}", n.tenant, n.kind, n.service, n.id));
  }
  return names;
}

TEST_P(StoreConformance, DocumentsLiveUntilTheyAreDeleted) {
  const DocumentName name{"t", "record", "shop", "1"};
  EXPECT_EQ(store().GetDocument(name).status().code(), Code::kNotFound);
  ASSERT_TRUE(store().PutDocument(name, "first").ok());
  ASSERT_TRUE(store().PutDocument(name, std::string("sec\0nd", 6)).ok());
  Reopen();
  EXPECT_EQ(store().GetDocument(name).value(), std::string("sec\0nd", 6));
  // They are of no time: retention of profiles leaves them alone.
  ASSERT_TRUE(RetainFrom(store(), kTestBaseNs).ok());
  EXPECT_TRUE(store().GetDocument(name).ok());
  ASSERT_TRUE(store().DeleteDocument(name).ok());
  ASSERT_TRUE(store().DeleteDocument(name).ok());
  EXPECT_EQ(store().GetDocument(name).status().code(), Code::kNotFound);
  Reopen();
  EXPECT_THAT(Names(store(), {}, {}), IsEmpty());
}

TEST_P(StoreConformance, DocumentsAreListedByTenantAndKind) {
  const std::string odd("a/b\0c\xff", 6);
  for (const DocumentName& name :
       {DocumentName{"t", "record", "shop", "10"}, DocumentName{"t", "record", "shop", "09"},
        DocumentName{"t", "record", "a", "2"}, DocumentName{"t", "rec", "a", "2"},
        DocumentName{"tt", "record", "", "1"}, DocumentName{"u", odd, odd, odd}}) {
    ASSERT_TRUE(store().PutDocument(name, "x").ok());
  }
  EXPECT_THAT(Names(store(), "t", "record"),
              ElementsAre("t/record/a/2", "t/record/shop/09", "t/record/shop/10"));
  EXPECT_THAT(Names(store(), "t", {}), testing::SizeIs(4));
  EXPECT_THAT(Names(store(), "tt", "record"), ElementsAre("tt/record//1"));
  EXPECT_EQ(store().Documents("u", odd).value().at(0).name, (DocumentName{"u", odd, odd, odd}));
  EXPECT_THAT(Names(store(), {}, {}), testing::SizeIs(6));
  EXPECT_THAT(Names(store(), "nobody", "record"), IsEmpty());
}

TEST_P(StoreConformance, BadDocumentNamesAreRefused) {
  for (const DocumentName& name :
       {DocumentName{"", "k", "s", "i"}, DocumentName{"t", "", "s", "i"},
        DocumentName{"t", "k", "s", ""}, DocumentName{"t", "k", std::string(1 << 15, 'x'), "i"}}) {
    EXPECT_EQ(store().PutDocument(name, "x").code(), Code::kInvalidArgument);
    EXPECT_EQ(store().GetDocument(name).status().code(), Code::kInvalidArgument);
    EXPECT_EQ(store().DeleteDocument(name).code(), Code::kInvalidArgument);
  }
}

TEST_P(StoreConformance, AnExportCarriesDocuments) {
  const std::vector<std::string> tenants = {"t", "u"};
  std::stringstream none;
  EXPECT_EQ(ExportDocuments(store(), tenants, none).value().documents, 0u);
  EXPECT_EQ(none.str(), "");
  EXPECT_EQ(ImportDocuments(store(), none).value().documents, 0u);

  ASSERT_TRUE(store().PutDocument({"t", "record", "shop", "1"}, "one").ok());
  ASSERT_TRUE(store().PutDocument({"u", "record", "shop", "2"}, std::string(100'000, 'y')).ok());
  std::stringstream stream;
  EXPECT_EQ(ExportDocuments(store(), tenants, stream).value().documents, 2u);
  const std::string bytes = stream.str();
  ASSERT_TRUE(store().DeleteDocument({"t", "record", "shop", "1"}).ok());
  ASSERT_TRUE(store().PutDocument({"u", "record", "shop", "2"}, "changed").ok());
  EXPECT_EQ(ImportDocuments(store(), stream).value().documents, 2u);
  EXPECT_EQ(store().GetDocument({"t", "record", "shop", "1"}).value(), "one");
  EXPECT_EQ(store().GetDocument({"u", "record", "shop", "2"}).value(), std::string(100'000, 'y'));
  for (size_t length = 1; length < bytes.size(); length += length < 80 ? 1 : 997) {
    std::stringstream cut(bytes.substr(0, length));
    EXPECT_EQ(ImportDocuments(store(), cut).status().code(), Code::kDataLoss) << length;
  }
  std::string damaged = bytes;
  damaged[40] ^= 1;
  std::stringstream in(damaged);
  EXPECT_EQ(ImportDocuments(store(), in).status().code(), Code::kDataLoss);
}

TEST_P(StoreConformance, StatsCountDocuments) {
  EXPECT_EQ(store().Stats()->documents, 0u);
  ASSERT_TRUE(store().PutDocument({"t", "record", "shop", "1"}, "one").ok());
  EXPECT_EQ(store().Stats()->documents, 1u);
  EXPECT_GE(store().Stats()->documents_bytes, 3u);
}

}  // namespace
}  // namespace anneal
