#include "net/http1_session.h"

#include "base/log.h"

namespace anneal {
namespace {

constexpr int64_t kNever = INT64_MAX;
// An unfinished head, or what came behind a request, is charged to the budget if it is larger.
constexpr size_t kFreeHeadBytes = size_t{8} << 10;

bool ListsToken(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    std::string_view item = list.substr(0, comma);
    list.remove_prefix(std::min(comma + 1, list.size()));
    while (!item.empty() && (item.front() == ' ' || item.front() == '\t')) item.remove_prefix(1);
    while (!item.empty() && (item.back() == ' ' || item.back() == '\t')) item.remove_suffix(1);
    if (EqualsIgnoreCase(item, token)) return true;
  }
  return false;
}

// base64url without padding, as HTTP2-Settings has it.
std::optional<std::string> DecodeBase64Url(std::string_view text) {
  std::string out;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    uint32_t value = 0;
    if (c >= 'A' && c <= 'Z') {
      value = static_cast<uint32_t>(c - 'A');
    } else if (c >= 'a' && c <= 'z') {
      value = static_cast<uint32_t>(c - 'a') + 26;
    } else if (c >= '0' && c <= '9') {
      value = static_cast<uint32_t>(c - '0') + 52;
    } else if (c == '-' || c == '_') {
      value = c == '-' ? 62 : 63;
    } else if (c == '=') {
      continue;
    } else {
      return std::nullopt;
    }
    bits = (bits << 6 | value) & 0xffffff;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out.push_back(static_cast<char>(bits >> count & 0xff));
  }
  return out;
}

}  // namespace

Http1Session::Http1Session(SessionContext& context, std::string peer, Upgrades upgrades,
                           int64_t now_ns)
    : context_(context),
      peer_(std::move(peer)),
      upgrades_(upgrades),
      parser_(MessageKind::kRequest,
              {context.options.max_header_bytes, uint64_t{context.options.max_body_bytes}}),
      deadline_ns_(now_ns + context.options.header_timeout_ns),
      charged_(context.budget),
      unread_charged_(context.budget) {}

Http1Session::~Http1Session() { ClientLeft(); }

void Http1Session::Receive(std::string_view bytes, int64_t now_ns, ReceivedRequests& requests) {
  if (unread_.empty()) {
    unread_ = bytes.substr(Consume(bytes, now_ns, requests));
  } else {
    unread_.append(bytes);
    unread_.erase(0, Consume(unread_, now_ns, requests));
  }
  if (refused_) unread_ = std::string();
  if (upgrade_) upgrade_->unread = std::exchange(unread_, {});
  if (state_ == State::kHandling && unread_.size() > kFreeHeadBytes &&
      !unread_charged_.CoverExactly(unread_.size())) {
    // Who sends ahead must be ready to send again what was not answered (RFC 9112, 9.3.2).
    unread_ = std::string();
    refused_ = true;
  }
  const bool in_head =
      state_ == State::kReceiving && parser_.stage() == MessageParser::Stage::kHead;
  if (in_head && unread_.size() > kFreeHeadBytes && !charged_.Cover(unread_.size())) {
    Refuse(503, kNoRoom, now_ns);
  }
}

// Feeds the parser until it needs more or a request is complete; returns the bytes used.
size_t Http1Session::Consume(std::string_view bytes, int64_t now_ns, ReceivedRequests& requests) {
  using Stage = MessageParser::Stage;
  size_t used = 0;
  // Clients may send empty lines between requests (RFC 9112, 2.2).
  while (state_ == State::kIdle && used < bytes.size() &&
         (bytes[used] == '\r' || bytes[used] == '\n')) {
    ++used;
  }
  while (used < bytes.size() && wants_read()) {
    if (state_ == State::kIdle) {
      state_ = State::kReceiving;
      begun_ns_ = now_ns;
      deadline_ns_ = begun_ns_ + options().header_timeout_ns;
    }
    const Stage before = parser_.stage();
    const size_t step = parser_.Feed(bytes.substr(used));
    used += step;
    const Stage after = parser_.stage();
    if (after == Stage::kFailed) {
      Refuse(parser_.failure().status, parser_.failure().message, now_ns);
      break;
    }
    if (before == Stage::kHead && after != Stage::kHead) OnHead(now_ns);
    if (state_ != State::kReceiving) break;
    if (!charged_.Cover(parser_.body().size())) {
      Refuse(503, kNoRoom, now_ns);
      break;
    }
    if (after != Stage::kHead) {
      deadline_ns_ = BodyDeadlineNs(options(), head_ns_, parser_.body().size());
    }
    if (after == Stage::kDone) {
      Complete(requests);
      break;
    }
    if (step == 0 || after == Stage::kHead) break;
  }
  return used;
}

void Http1Session::OnHead(int64_t now_ns) {
  const MessageHead& head = parser_.head();
  method_ = head.method;
  http10_ = head.http10;
  keep_alive_ = head.keep_alive;
  head_ns_ = now_ns;
  if (parser_.stage() == MessageParser::Stage::kDone) return;
  // The whole length is reserved now, so that uploads that begin together do not all fail midway.
  if (head.content_length && !charged_.CoverExactly(static_cast<size_t>(*head.content_length))) {
    return Refuse(503, kNoRoom, now_ns);
  }
  if (head.expect_continue && !head.http10) out_ = "HTTP/1.1 100 Continue\r\n\r\n";
}

bool Http1Session::WantsUpgrade(const HttpRequest& request) const {
  return upgrades_ == Upgrades::kH2c && !http10_ && !context_.draining &&
         ListsToken(request.headers.Get("Upgrade"), "h2c") &&
         ListsToken(request.headers.Get("Connection"), "HTTP2-Settings");
}

void Http1Session::Complete(ReceivedRequests& requests) {
  state_ = State::kHandling;
  deadline_ns_ = kNever;
  MessageHead& head = parser_.head();
  client_left_ = std::make_shared<std::atomic<bool>>(false);
  ReceivedRequest received;
  HttpRequest& request = received.request;
  request.method = std::move(head.method);
  request.target = std::move(head.target);
  request.headers = std::move(head.headers);
  request.body = std::move(parser_.body());
  request.peer = peer_;
  request.client_left = client_left_;
  received.charged_bytes = charged_.Take();
  if (WantsUpgrade(request)) {
    if (auto settings = DecodeBase64Url(request.headers.Get("HTTP2-Settings"))) {
      upgrade_ = Http2Upgrade{std::move(*settings), std::move(received), {}};
      return;
    }
  }
  requests.push_back(std::move(received));
}

void Http1Session::Refuse(int status, std::string_view message, int64_t now_ns) {
  log::Debug("http: request refused", {{"peer", peer_}, {"status", status}, {"reason", message}});
  charged_.Clear();
  parser_.body() = std::string();
  unread_ = std::string();
  refused_ = true;
  HttpResponse response = RefusalResponse(status, message);
  if (status == 503) response.headers.Add("Retry-After", "1");
  state_ = State::kHandling;
  Answer(0, std::move(response), now_ns);
}

void Http1Session::Answer(uint32_t, HttpResponse response, int64_t) {
  if (state_ != State::kHandling) return;
  client_left_.reset();
  if (response.status < 200 || response.status > 999) {
    log::Error("http: a handler answered with an impossible status", {{"status", response.status}});
    response = RefusalResponse(500, "the server failed to handle the request");
  }
  const bool has_body = method_ != "HEAD" && StatusHasBody(response.status);
  if (has_body && response.body.size() > kFreeAnswerBytes &&
      !charged_.CoverAnswer(response.body.size())) {
    response = NoRoomResponse(response.body.size());
  }
  const bool close = refused_ || !keep_alive_ || context_.draining;
  const AfterResponse after = close     ? AfterResponse::kClose
                              : http10_ ? AfterResponse::kKeepAliveHttp10
                                        : AfterResponse::kKeepAlive;
  if (close) end_ = refused_ || !unread_.empty() ? SessionEnd::kLinger : SessionEnd::kClose;
  context_.counters.Count(method_, response.status);  // before the client can know
  if (http10_) response.trailers = {};
  out_.clear();  // a "100 Continue" not yet sent is needed no more
  AppendResponseHead(response, after, context_.date.Now(), out_);
  if (has_body && !response.trailers.fields().empty()) {
    AppendChunkBegin(response, out_);
    AppendChunkEnd(response, out_end_);
  }
  if (has_body) out_body_ = std::move(response.body);
  state_ = State::kAnswering;
  deadline_ns_ = kNever;
}

void Http1Session::Produce(SendQueue& queue, int64_t) {
  queue.Push(std::exchange(out_, {}));
  queue.Push(std::exchange(out_body_, {}));
  queue.Push(std::exchange(out_end_, {}));
}

void Http1Session::Sent(int64_t now_ns, ReceivedRequests& requests) {
  if (state_ != State::kAnswering) return;
  charged_.Clear();
  context_.metrics.ObserveDuration(now_ns - begun_ns_);
  if (end_ != SessionEnd::kGoesOn) return End(end_);
  parser_.Reset(MessageKind::kRequest);
  method_.clear();
  state_ = State::kIdle;
  deadline_ns_ = now_ns + options().idle_timeout_ns;
  if (!unread_.empty()) {
    unread_charged_.Clear();  // for less, or for the part of a head that it is now
    const std::string bytes = std::exchange(unread_, {});
    Receive(bytes, now_ns, requests);
  }
  if (state_ == State::kIdle && context_.draining) End(SessionEnd::kClose);
}

void Http1Session::Tick(int64_t now_ns) {
  if (now_ns < deadline_ns_) return;
  if (state_ != State::kReceiving) return End(SessionEnd::kClose);
  const bool in_head = parser_.stage() == MessageParser::Stage::kHead;
  Refuse(408,
         in_head ? fmt::format("the request's header did not arrive within {} s",
                               static_cast<double>(options().header_timeout_ns) / 1e9)
                 : SlowBodyText(options()),
         now_ns);
}

void Http1Session::Drain() {
  if (state_ == State::kIdle) End(SessionEnd::kClose);
}

void Http1Session::ClientLeft() {
  if (client_left_) client_left_->store(true, std::memory_order_relaxed);
}

void Http1Session::End(SessionEnd end) {
  state_ = State::kEnded;
  end_ = end;
  unread_ = std::string();
  unread_charged_.Clear();
}

}  // namespace anneal
