#include "net/message_parser.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

namespace anneal {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using boost::beast::string_view;

// Of all chunks of a body together.
constexpr size_t kMaxExtensionBytes = size_t{16} << 10;

std::string_view View(string_view text) { return {text.data(), text.size()}; }

MessageFailure FailureOf(const error_code& ec, const MessageLimits& limits) {
  if (ec == http::error::header_limit) {
    return {431, fmt::format("the header is larger than {} bytes", limits.header_bytes)};
  }
  if (ec == http::error::body_limit) {
    return {413, fmt::format("the body is larger than {} bytes (limits.body, http.max_inflight)",
                             limits.body_bytes)};
  }
  if (ec == http::error::bad_version) {
    return {505, "only HTTP/1.0 and HTTP/1.1 are spoken here"};
  }
  return {400, fmt::format("malformed HTTP message: {}", ec.message())};
}

// What both parsers fill.
struct Sink {
  MessageLimits limits;
  MessageHead head;
  std::string body;
  std::optional<MessageFailure> failure;
  int hosts = 0;
  bool transfer_encoding = false;
  bool content_length = false;
  size_t extension_bytes = 0;
};

template <bool kIsRequest>
class Parser final : public http::basic_parser<kIsRequest> {
 public:
  explicit Parser(Sink& sink) : sink_(sink) {
    this->eager(false);
    this->header_limit(static_cast<uint32_t>(sink.limits.header_bytes));
    this->body_limit(sink.limits.body_bytes);
  }

 private:
  void Fail(int status, std::string message, error_code& ec) {
    sink_.failure = MessageFailure{status, std::move(message)};
    ec = http::error::bad_value;
  }

  void on_request_impl(http::verb, string_view method, string_view target, int version,
                       error_code&) override {
    sink_.head.method = View(method);
    sink_.head.target = View(target);
    sink_.head.http10 = version == 10;
    sink_.head.headers.Reserve(12);
  }

  void on_response_impl(int code, string_view, int version, error_code&) override {
    sink_.head.status = code;
    sink_.head.http10 = version == 10;
  }

  void on_field_impl(http::field name, string_view name_text, string_view value,
                     error_code& ec) override {
    // Trailers of a chunked body come here too; they must not pass for header fields.
    if (this->is_header_done()) return;
    switch (name) {
      case http::field::host:
        ++sink_.hosts;
        break;
      case http::field::content_length:
        sink_.content_length = true;
        break;
      case http::field::transfer_encoding:
        sink_.transfer_encoding = true;
        if (!EqualsIgnoreCase(View(value), "chunked")) {
          return Fail(501, "only the transfer encoding \"chunked\" is understood", ec);
        }
        break;
      case http::field::expect:
        if (kIsRequest && !EqualsIgnoreCase(View(value), "100-continue")) {
          return Fail(417, "only the expectation 100-continue is understood", ec);
        }
        sink_.head.expect_continue = true;
        break;
      default:
        break;
    }
    sink_.head.headers.Add(std::string(View(name_text)), std::string(View(value)));
  }

  // Messages whose end two readers may see in different places are refused (RFC 9112, 11.2).
  void on_header_impl(error_code& ec) override {
    if (sink_.transfer_encoding && sink_.content_length) {
      return Fail(400, "both Transfer-Encoding and Content-Length are given", ec);
    }
    if (!kIsRequest) return;
    if (sink_.transfer_encoding && sink_.head.http10) {
      return Fail(400, "HTTP/1.0 has no Transfer-Encoding", ec);
    }
    if (sink_.hosts > 1 || (sink_.hosts == 0 && !sink_.head.http10)) {
      return Fail(400, "exactly one Host field is required", ec);
    }
  }

  void on_body_init_impl(const boost::optional<uint64_t>& length, error_code&) override {
    if (length) sink_.body.reserve(static_cast<size_t>(*length));
  }

  size_t on_body_impl(string_view bytes, error_code&) override {
    sink_.body.append(bytes.data(), bytes.size());
    return bytes.size();
  }

  // Extensions say nothing to us; many of them are an attack.
  void on_chunk_header_impl(uint64_t, string_view extensions, error_code& ec) override {
    sink_.extension_bytes += extensions.size();
    if (sink_.extension_bytes > kMaxExtensionBytes) {
      Fail(400,
           fmt::format("the chunks carry more than {} bytes of extensions", kMaxExtensionBytes),
           ec);
    }
  }

  size_t on_chunk_body_impl(uint64_t, string_view bytes, error_code&) override {
    sink_.body.append(bytes.data(), bytes.size());
    return bytes.size();
  }

  void on_finish_impl(error_code&) override {}

  Sink& sink_;
};

}  // namespace

struct MessageParser::Impl {
  explicit Impl(MessageLimits limits) { sink.limits = limits; }

  template <bool kIsRequest>
  size_t Feed(Parser<kIsRequest>& parser, std::string_view bytes) {
    size_t used = 0;
    while (used < bytes.size()) {
      error_code ec;
      const size_t step =
          parser.put(boost::asio::const_buffer(bytes.data() + used, bytes.size() - used), ec);
      used += step;
      if (ec == http::error::need_more) {
        // A chunk's line, or the trailer, that never ends.
        if (stage == Stage::kBody && bytes.size() - used > sink.limits.header_bytes) {
          sink.failure = MessageFailure{
              400, fmt::format("a chunk's line is longer than {} bytes", sink.limits.header_bytes)};
          stage = Stage::kFailed;
        }
        break;
      }
      if (ec) {
        Fail(ec);
        break;
      }
      if (parser.is_done()) {
        if (stage == Stage::kHead) TakeHead(parser);
        stage = Stage::kDone;
        break;
      }
      if (stage == Stage::kHead && parser.is_header_done()) {
        TakeHead(parser);
        break;
      }
      if (step == 0) break;
    }
    return used;
  }

  template <bool kIsRequest>
  void FeedEnd(Parser<kIsRequest>& parser) {
    if (stage == Stage::kDone || stage == Stage::kFailed) return;
    error_code ec = http::error::partial_message;
    if (parser.got_some()) parser.put_eof(ec);
    if (ec) return Fail(ec);
    stage = Stage::kDone;
  }

  template <bool kIsRequest>
  void TakeHead(Parser<kIsRequest>& parser) {
    stage = Stage::kBody;
    sink.head.keep_alive = parser.keep_alive();
    if (const auto length = parser.content_length()) sink.head.content_length = *length;
  }

  void Fail(const error_code& ec) {
    if (!sink.failure) sink.failure = FailureOf(ec, sink.limits);
    stage = Stage::kFailed;
  }

  Stage stage = Stage::kHead;
  Sink sink;
  // One of them is set.
  std::optional<Parser<true>> request;
  std::optional<Parser<false>> response;
};

MessageParser::MessageParser(MessageKind kind, MessageLimits limits)
    : impl_(std::make_unique<Impl>(limits)) {
  Reset(kind);
}
MessageParser::~MessageParser() = default;
MessageParser::MessageParser(MessageParser&&) noexcept = default;
MessageParser& MessageParser::operator=(MessageParser&&) noexcept = default;

size_t MessageParser::Feed(std::string_view bytes) {
  if (impl_->stage == Stage::kDone || impl_->stage == Stage::kFailed) return 0;
  return impl_->request ? impl_->Feed(*impl_->request, bytes)
                        : impl_->Feed(*impl_->response, bytes);
}

void MessageParser::FeedEnd() {
  if (impl_->request) {
    impl_->FeedEnd(*impl_->request);
  } else {
    impl_->FeedEnd(*impl_->response);
  }
}

void MessageParser::Reset(MessageKind kind) {
  const MessageLimits limits = impl_->sink.limits;
  impl_->request.reset();
  impl_->response.reset();
  impl_->sink = Sink{};
  impl_->sink.limits = limits;
  impl_->stage = Stage::kHead;
  if (kind == MessageKind::kRequest) {
    impl_->request.emplace(impl_->sink);
  } else {
    impl_->response.emplace(impl_->sink);
    if (kind == MessageKind::kResponseToHead) impl_->response->skip(true);
  }
}

MessageParser::Stage MessageParser::stage() const { return impl_->stage; }
MessageHead& MessageParser::head() { return impl_->sink.head; }
std::string& MessageParser::body() { return impl_->sink.body; }
const MessageFailure& MessageParser::failure() const { return *impl_->sink.failure; }

}  // namespace anneal
