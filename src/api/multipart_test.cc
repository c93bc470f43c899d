#include "api/multipart.h"

#include <gtest/gtest.h>

namespace anneal {
namespace {

constexpr std::string_view kType = "multipart/form-data; boundary=XX";

// As Go's mime/multipart writes it.
const std::string kBody =
    "--XX\r\n"
    "Content-Disposition: form-data; name=\"profile\"; filename=\"profile.pprof\"\r\n"
    "Content-Type: application/octet-stream\r\n"
    "\r\n"
    "bytes\r\n--X not the boundary\r\n"
    "\r\n--XX\r\n"
    "content-disposition: form-data; name=sample_type_config\r\n"
    "\r\n"
    "{}\r\n"
    "--XX--\r\n";

TEST(MultipartTest, ReadsParts) {
  Result<std::vector<FormPart>> parts = ParseMultipart(kType, kBody);
  ASSERT_TRUE(parts.ok()) << parts.status().message();
  ASSERT_EQ(parts->size(), 2u);
  EXPECT_EQ((*parts)[0].name, "profile");
  EXPECT_EQ((*parts)[0].filename, "profile.pprof");
  EXPECT_EQ((*parts)[0].content_type, "application/octet-stream");
  EXPECT_EQ((*parts)[0].data, "bytes\r\n--X not the boundary\r\n");
  EXPECT_EQ((*parts)[1].name, "sample_type_config");
  EXPECT_EQ((*parts)[1].filename, "");
  EXPECT_EQ((*parts)[1].data, "{}");
}

TEST(MultipartTest, AcceptsVariants) {
  struct Row {
    std::string_view type, body;
    size_t parts;
  };
  const Row kRows[] = {
      {"multipart/form-data; boundary=\"a b\"", "--a b--", 0},
      {"Multipart/Form-Data;Boundary=q",
       "preamble\r\n--q\r\nContent-Disposition: x; name=n\r\n\r\n"
       "\r\n--q--",
       1},
      {"multipart/form-data; boundary=q",
       "--q \r\nContent-Disposition: form-data; name=\"a;b\"\r\n\r\nd\r\n--q--epilogue", 1},
  };
  for (const Row& row : kRows) {
    Result<std::vector<FormPart>> parts = ParseMultipart(row.type, row.body);
    ASSERT_TRUE(parts.ok()) << row.body << parts.status().message();
    EXPECT_EQ(parts->size(), row.parts) << row.body;
  }
}

TEST(MultipartTest, RefusesBrokenBodies) {
  struct Row {
    std::string_view type, body, message;
  };
  const std::string_view kLong =
      "multipart/form-data; boundary="
      "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
  const Row kRows[] = {
      {"multipart/form-data", kBody, "no boundary"},
      {"multipart/form-data; boundary=", kBody, "no boundary"},
      {kLong, kBody, "no boundary"},
      {"multipart/form-data; boundary=YY", kBody, "does not occur"},
      {kType, "", "does not occur"},
      {kType, "--XX", "must end its line"},
      {kType, "--XXY\r\n\r\n\r\n--XX--", "must end its line"},
      {kType, "--XX\r\n\r\nx\r\n--XX--", "has no name"},
      {kType, "--XX\r\nContent-Disposition: form-data\r\n\r\nx\r\n--XX--", "has no name"},
      {kType, "--XX\r\nnonsense\r\n\r\nx\r\n--XX--", "no colon"},
      {kType, "--XX\r\nContent-Disposition: x; name=a\r\n\r\nx", "cut short"},
      {kType, "--XX\r\nContent-Disposition: x; name=a\r\n--XX--\r\n\r\n", "cut short"},
  };
  for (const Row& row : kRows) {
    Result<std::vector<FormPart>> parts = ParseMultipart(row.type, row.body);
    ASSERT_FALSE(parts.ok()) << row.type << "\n" << row.body;
    EXPECT_EQ(parts.status().code(), Code::kInvalidArgument);
    EXPECT_THAT(parts.status().message(), testing::HasSubstr(std::string(row.message)));
  }
}

TEST(MultipartTest, EveryPrefixIsRefused) {
  size_t whole = kBody.find("--XX--") + 6;
  for (size_t size = 0; size < whole; ++size) {
    EXPECT_FALSE(ParseMultipart(kType, std::string_view(kBody).substr(0, size)).ok()) << size;
  }
}

}  // namespace
}  // namespace anneal
