// What HTTP/2 lets a client do that HTTP/1.1 does not: resets, control frames, heads and streams in
// any number. Frames are made by hand, as an attacker does (RFC 9113, 4.1).
#include <nghttp2/nghttp2.h>

#include <thread>

#include "net/raw_client.h"
#include "store/temp_dir_for_test.h"
#include "tests/abuse/good_client.h"
#include "tests/running_server.h"

namespace anneal {
namespace {

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
// POST http://h/ in HPACK: three fields of the static table, one literal.
constexpr std::string_view kPost = "\x83\x86\x84\x41\x01h";
// Of the whole server, which begins with some 30 MiB.
constexpr uint64_t kMostBytes = uint64_t{64} << 20;

std::string BigEndian(uint64_t value, int bytes) {
  std::string out;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(value >> shift & 0xff));
  }
  return out;
}

std::string Frame(uint8_t type, uint8_t flags, uint32_t stream, std::string_view payload) {
  std::string out = BigEndian(payload.size(), 3);
  out.push_back(static_cast<char>(type));
  out.push_back(static_cast<char>(flags));
  return out + BigEndian(stream, 4) + std::string(payload);
}

std::string Open(uint32_t stream) {
  return Frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, stream, kPost);
}

// What the server said until it closed the connection.
struct Heard {
  bool goaway = false;
  uint32_t error = 0;                      // of the GOAWAY
  std::map<uint32_t, size_t> resets;       // by error
  std::map<std::string, size_t> statuses;  // of the answers
};

struct InflaterDelete {
  void operator()(nghttp2_hd_inflater* inflater) const { nghttp2_hd_inflate_del(inflater); }
};
using Inflater = std::unique_ptr<nghttp2_hd_inflater, InflaterDelete>;

// The status of a head, in HPACK.
std::string StatusOf(std::string_view head, nghttp2_hd_inflater* inflater) {
  std::string status;
  for (int flags = 0; (flags & NGHTTP2_HD_INFLATE_FINAL) == 0;) {
    nghttp2_nv field;
    const ssize_t used = nghttp2_hd_inflate_hd2(
        inflater, &field, &flags, reinterpret_cast<const uint8_t*>(head.data()), head.size(), 1);
    if (used < 0) return "bad HPACK";
    head.remove_prefix(static_cast<size_t>(used));
    if ((flags & NGHTTP2_HD_INFLATE_EMIT) == 0) continue;
    const std::string_view name(reinterpret_cast<const char*>(field.name), field.namelen);
    if (name == ":status") {
      status.assign(reinterpret_cast<const char*>(field.value), field.valuelen);
    }
  }
  nghttp2_hd_inflate_end_headers(inflater);
  return status;
}

Heard Parse(std::string_view bytes) {
  nghttp2_hd_inflater* made = nullptr;
  EXPECT_EQ(nghttp2_hd_inflate_new(&made), 0);
  const Inflater inflater(made);
  auto number = [&](size_t offset, size_t size) {
    uint32_t value = 0;
    for (size_t i = offset; i < offset + size; ++i) value = value << 8 | uint8_t(bytes[i]);
    return value;
  };
  Heard heard;
  while (bytes.size() >= 9 && bytes.size() >= 9 + number(0, 3)) {
    const uint32_t size = number(0, 3);
    const auto type = static_cast<uint8_t>(bytes[3]);
    if (type == NGHTTP2_GOAWAY && size >= 8) {
      heard.goaway = true;
      heard.error = number(13, 4);
    }
    if (type == NGHTTP2_RST_STREAM && size == 4) ++heard.resets[number(9, 4)];
    if (type == NGHTTP2_HEADERS) ++heard.statuses[StatusOf(bytes.substr(9, size), made)];
    bytes.remove_prefix(9 + size);
  }
  return heard;
}

class Http2Floods : public testing::Test {
 protected:
  void SetUp() override {
    server_ = RunningServer::Start(directory_.path(),
                                   {"--http-header-timeout", "1s", "--http-body-timeout", "1s",
                                    "--http-idle-timeout", "1s", "--log-level", "warn"});
    ASSERT_NE(server_, nullptr);
    good_.emplace(server_->url());
    good_->ExpectServed();
  }
  void TearDown() override {
    if (!server_) return;
    good_->Reconnect();
    good_->ExpectServed();
    const uint64_t peak = server_->PeakResidentBytes();
    fmt::print("at most {} MiB resident\n", peak >> 20);
    EXPECT_LT(peak, kMostBytes);
    server_->End();
  }
  // Sends all of it while the answers are read, until the server closes.
  Heard Flood(const std::string& bytes) {
    RawClient client(server_->port());
    std::thread sender([&] {
      client.Send(kPreface);
      client.Send(Frame(NGHTTP2_SETTINGS, 0, 0, ""));
      client.Send(bytes);
    });
    const std::string heard = client.ReadAll();
    sender.join();
    return Parse(heard);
  }

  const TempDir directory_;
  std::unique_ptr<RunningServer> server_;
  std::optional<GoodClient> good_;
};

// CVE-2023-44487.
TEST_F(Http2Floods, RapidResetEndsTheConnection) {
  std::string bytes;
  for (uint32_t stream = 1; stream < 40'000; stream += 2) {
    bytes += Open(stream);
    bytes += Frame(NGHTTP2_RST_STREAM, 0, stream, BigEndian(NGHTTP2_CANCEL, 4));
  }
  const Heard heard = Flood(bytes);
  EXPECT_TRUE(heard.goaway);
  EXPECT_EQ(heard.error, static_cast<uint32_t>(NGHTTP2_ENHANCE_YOUR_CALM));
}

TEST_F(Http2Floods, ControlFramesHaveARate) {
  for (const std::string& frame :
       {Frame(NGHTTP2_PING, 0, 0, "12345678"), Frame(NGHTTP2_SETTINGS, 0, 0, ""),
        Frame(NGHTTP2_PRIORITY, 0, 1, std::string(5, '\0'))}) {
    std::string bytes;
    for (int i = 0; i < 100'000; ++i) bytes += frame;
    EXPECT_TRUE(Flood(bytes).goaway) << "of type " << int{frame[3]};
  }
}

// Bodies that never come, on more streams than are allowed.
TEST_F(Http2Floods, StreamsAreBounded) {
  std::string bytes;
  for (uint32_t stream = 1; stream < 2 * 600; stream += 2) bytes += Open(stream);
  const Heard heard = Flood(bytes);
  const auto refused = heard.resets.find(NGHTTP2_REFUSED_STREAM);
  ASSERT_NE(refused, heard.resets.end());
  EXPECT_EQ(refused->second, 600u - 128u);
  EXPECT_EQ(heard.statuses, (std::map<std::string, size_t>{{"408", 128}}));
}

// One field in the table of HPACK, named sixteen thousand times: 64 MiB of head in 20 KiB.
TEST_F(Http2Floods, HeaderListsAreBounded) {
  std::string field("\x40\x01x\x7f", 4);  // to be indexed; a value of 127 + n bytes
  constexpr size_t kValue = 4'000;
  for (size_t rest = kValue - 127; rest != 0; rest >>= 7) {
    field.push_back(static_cast<char>(rest > 127 ? rest % 128 + 128 : rest));
  }
  std::string bytes;
  for (uint32_t stream = 1; stream < 2 * 50; stream += 2) {
    bytes += Frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_STREAM, stream,
                   std::string(kPost) + field + std::string(kValue, 'v'));
    bytes +=
        Frame(NGHTTP2_CONTINUATION, NGHTTP2_FLAG_END_HEADERS, stream, std::string(16'000, '\xbe'));
  }
  const Heard heard = Flood(bytes);
  EXPECT_EQ(heard.statuses, (std::map<std::string, size_t>{{"431", 50}}));
}

// CVE-2024-28182.
TEST_F(Http2Floods, ContinuationsAreBounded) {
  std::string bytes = Frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_STREAM, 1, kPost);
  for (int i = 0; i < 20'000; ++i) bytes += Frame(NGHTTP2_CONTINUATION, 0, 1, "");
  EXPECT_TRUE(Flood(bytes).goaway);
}

// A body a byte at a time: each stream is answered, and then the connection goes.
TEST_F(Http2Floods, SlowBodiesAreCutOff) {
  RawClient client(server_->port());
  client.Send(std::string(kPreface) + Frame(NGHTTP2_SETTINGS, 0, 0, ""));
  constexpr uint32_t kStreams = 50;
  for (uint32_t i = 0; i < kStreams; ++i) client.Send(Open(2 * i + 1));
  std::atomic<bool> done{false};
  std::thread dripper([&] {
    while (!done) {
      for (uint32_t i = 0; i < kStreams; ++i) {
        client.SendSome(Frame(NGHTTP2_DATA, 0, 2 * i + 1, "x"));
      }
      Clock::System().SleepNs(20'000'000);
    }
  });
  const std::map<std::string, size_t> expected = {{"408", kStreams}};
  std::string bytes;
  while (Parse(bytes).statuses != expected) {
    const std::string more = client.Read();
    if (more.empty()) break;
    bytes += more;
  }
  done = true;
  dripper.join();
  EXPECT_EQ(Parse(bytes).statuses, expected);
}

}  // namespace
}  // namespace anneal
