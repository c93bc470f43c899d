#include "net/http2_session.h"

#include <absl/container/flat_hash_map.h>
#include <nghttp2/nghttp2.h>

#include "base/log.h"
#include "net/http2_stream.h"
#include "net/rate_budget.h"

namespace anneal {
namespace {

using Stream = Http2Stream;

// What a client may send ahead: of one body, and of all bodies of a connection.
constexpr int32_t kStreamWindowBytes = 1 << 20;
constexpr int32_t kConnectionWindowBytes = 8 << 20;
// A head larger than this is charged to the budget, in steps.
constexpr size_t kFreeHeadBytes = 1 << 10, kHeadStepBytes = 4 << 10;
// CONTINUATION frames of one head; 64 KiB of head need four.
constexpr size_t kMaxContinuations = 16;
// Requests ended before their answer: clients that give up do that, more is an attack
// (CVE-2023-44487).
constexpr double kResetBurst = 1'000, kResetsPerSecond = 33;
// Frames that cost us work and carry nothing: PING, SETTINGS, PRIORITY, empty DATA.
constexpr double kControlBurst = 10'000, kControlsPerSecond = 1'000;

struct SessionDelete {
  void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
};

nghttp2_nv Field(std::string_view name, std::string_view value) {
  // nghttp2 copies both.
  return {reinterpret_cast<uint8_t*>(const_cast<char*>(name.data())),
          reinterpret_cast<uint8_t*>(const_cast<char*>(value.data())), name.size(), value.size(),
          NGHTTP2_NV_FLAG_NONE};
}

std::string Lowered(std::string_view name) {
  std::string out(name);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

// Fields of a head or trailer, in nghttp2's form; owns their text.
class FieldList {
 public:
  void Add(std::string name, std::string value) {
    texts_.emplace_back(std::move(name), std::move(value));
  }
  void AddAll(const HttpHeaders& headers) {
    for (const auto& [name, value] : headers.fields()) {
      if (IsOwnField(name, value)) Add(Lowered(name), value);
    }
  }
  std::vector<nghttp2_nv> View() const {
    std::vector<nghttp2_nv> out;
    out.reserve(texts_.size());
    for (const auto& [name, value] : texts_) out.push_back(Field(name, value));
    return out;
  }

 private:
  std::vector<std::pair<std::string, std::string>> texts_;
};

}  // namespace

struct Http2Session::Rep {
  Rep(SessionContext& c, std::string p, int64_t now);

  // --- what nghttp2 calls ---
  int OnBeginHeaders(const nghttp2_frame& frame);
  int OnHeader(const nghttp2_frame& frame, std::string_view name, std::string_view value);
  int OnFrame(const nghttp2_frame& frame);
  int OnData(int32_t id, std::string_view bytes);
  int OnStreamClose(int32_t id, uint32_t error);
  int OnFrameSent(const nghttp2_frame& frame);
  ssize_t ReadBody(int32_t id, uint8_t* into, size_t room, uint32_t* flags);

  // --- requests ---
  Stream* Find(int32_t id) {
    const auto found = streams.find(id);
    return found == streams.end() ? nullptr : found->second.get();
  }
  static bool CoverHead(Stream& stream);
  void OnHead(int32_t id, Stream& stream);
  void Complete(int32_t id, Stream& stream);
  void Refuse(int32_t id, Stream& stream, int status, std::string_view message);
  void Submit(int32_t id, Stream& stream, HttpResponse response);
  void CheckDeadline(int32_t id, Stream& stream);
  void Terminate(uint32_t error, std::string_view why);
  void Drain();

  SessionContext& context;
  const std::string peer;
  std::unique_ptr<nghttp2_session, SessionDelete> session;
  absl::flat_hash_map<int32_t, std::unique_ptr<Stream>> streams;
  // Requests given out and not yet answered, those of closed streams counted.
  size_t handling = 0;
  bool draining = false;
  bool failed = false;
  bool greeted = false;  // the client's preface, which ends in its settings, has come
  RateBudget resets{kResetBurst, kResetsPerSecond};
  RateBudget controls{kControlBurst, kControlsPerSecond};
  int64_t idle_since_ns;
  // Of the call that is under way.
  int64_t now_ns;
  ReceivedRequests* requests = nullptr;
};

Http2Session::Rep::Rep(SessionContext& c, std::string p, int64_t now)
    : context(c), peer(std::move(p)), idle_since_ns(now), now_ns(now) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_option* option = nullptr;
  if (nghttp2_session_callbacks_new(&callbacks) != 0 || nghttp2_option_new(&option) != 0) {
    nghttp2_session_callbacks_del(callbacks);
    failed = true;
    return;
  }
  nghttp2_session_callbacks_set_on_begin_headers_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* self) {
        return static_cast<Rep*>(self)->OnBeginHeaders(*frame);
      });
  nghttp2_session_callbacks_set_on_header_callback(
      callbacks,
      [](nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name, size_t name_size,
         const uint8_t* value, size_t value_size, uint8_t, void* self) {
        return static_cast<Rep*>(self)->OnHeader(
            *frame, {reinterpret_cast<const char*>(name), name_size},
            {reinterpret_cast<const char*>(value), value_size});
      });
  nghttp2_session_callbacks_set_on_frame_recv_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* self) {
        return static_cast<Rep*>(self)->OnFrame(*frame);
      });
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
      callbacks,
      [](nghttp2_session*, uint8_t, int32_t id, const uint8_t* data, size_t size, void* self) {
        return static_cast<Rep*>(self)->OnData(id, {reinterpret_cast<const char*>(data), size});
      });
  nghttp2_session_callbacks_set_on_stream_close_callback(
      callbacks, [](nghttp2_session*, int32_t id, uint32_t error, void* self) {
        return static_cast<Rep*>(self)->OnStreamClose(id, error);
      });
  nghttp2_session_callbacks_set_on_frame_send_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* self) {
        return static_cast<Rep*>(self)->OnFrameSent(*frame);
      });
  // Streams that are closed, and what depended on them, are not remembered.
  nghttp2_option_set_no_closed_streams(option, 1);
  nghttp2_option_set_max_continuations(option, kMaxContinuations);
  nghttp2_session* made = nullptr;
  failed = nghttp2_session_server_new2(&made, callbacks, this, option) != 0;
  session.reset(made);
  nghttp2_option_del(option);
  nghttp2_session_callbacks_del(callbacks);
  if (failed) return;
  const std::array<nghttp2_settings_entry, 4> settings = {{
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, static_cast<uint32_t>(context.options.max_streams)},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindowBytes},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE,
       static_cast<uint32_t>(context.options.max_header_bytes)},
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
  }};
  failed = nghttp2_submit_settings(session.get(), NGHTTP2_FLAG_NONE, settings.data(),
                                   settings.size()) != 0 ||
           nghttp2_session_set_local_window_size(session.get(), NGHTTP2_FLAG_NONE, 0,
                                                 kConnectionWindowBytes) != 0;
}

// --- receiving -------------------------------------------------------------------------------

int Http2Session::Rep::OnBeginHeaders(const nghttp2_frame& frame) {
  if (frame.hd.type != NGHTTP2_HEADERS || frame.headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
  const int32_t id = frame.hd.stream_id;
  if (std::max(handling, streams.size()) >= context.options.max_streams) {
    if (!resets.Spend(now_ns)) Terminate(NGHTTP2_ENHANCE_YOUR_CALM, "requests come too fast");
    nghttp2_submit_rst_stream(session.get(), NGHTTP2_FLAG_NONE, id, NGHTTP2_REFUSED_STREAM);
    return 0;
  }
  streams.emplace(id, std::make_unique<Stream>(context.budget, now_ns));
  return 0;
}

int Http2Session::Rep::OnHeader(const nghttp2_frame& frame, std::string_view name,
                                std::string_view value) {
  Stream* stream = Find(frame.hd.stream_id);
  // Nobody reads a trailer; nothing of it is kept.
  if (!stream || stream->state != Stream::State::kHead) return 0;
  // As SETTINGS_MAX_HEADER_LIST_SIZE counts.
  stream->head_bytes += name.size() + value.size() + 32;
  if (stream->head_bytes > context.options.max_header_bytes || !CoverHead(*stream)) {
    // Answered when the head is over: nothing may be sent before.
    stream->request.headers = {};
    stream->cookies = {};
    return 0;
  }
  HttpRequest& request = stream->request;
  if (name == ":method") {
    request.method = value;
  } else if (name == ":path") {
    request.target = value;
  } else if (name == ":authority") {
    request.headers.Add("Host", std::string(value));
  } else if (name == "cookie") {
    if (!stream->cookies.empty()) stream->cookies.append("; ");
    stream->cookies.append(value);
  } else if (!name.starts_with(':') && !(name == "host" && request.headers.Has("Host"))) {
    request.headers.Add(std::string(name), std::string(value));
  }
  return 0;
}

// A few bytes may stand for a large head, which HPACK makes of what came before.
bool Http2Session::Rep::CoverHead(Stream& stream) {
  if (stream.head_bytes <= kFreeHeadBytes) return true;
  const size_t bytes = (stream.head_bytes / kHeadStepBytes + 1) * kHeadStepBytes;
  stream.no_room = stream.no_room || !stream.charged.CoverExactly(bytes);
  stream.head_charge = bytes;
  return !stream.no_room;
}

int Http2Session::Rep::OnFrame(const nghttp2_frame& frame) {
  const bool ends = (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  switch (frame.hd.type) {
    case NGHTTP2_HEADERS:
    case NGHTTP2_DATA: {
      const bool empty = frame.hd.type == NGHTTP2_DATA && frame.hd.length == 0 && !ends;
      if (empty && !controls.Spend(now_ns)) {
        Terminate(NGHTTP2_ENHANCE_YOUR_CALM, "too many empty frames");
      }
      Stream* stream = Find(frame.hd.stream_id);
      if (!stream) break;
      if (stream->state == Stream::State::kHead) OnHead(frame.hd.stream_id, *stream);
      if (ends && stream->state == Stream::State::kBody) Complete(frame.hd.stream_id, *stream);
      break;
    }
    case NGHTTP2_SETTINGS:
      greeted = true;
      [[fallthrough]];
    case NGHTTP2_PING:
    case NGHTTP2_PRIORITY:
      if (!controls.Spend(now_ns)) {
        Terminate(NGHTTP2_ENHANCE_YOUR_CALM, "too many pings or settings");
      }
      break;
    default:
      break;
  }
  return 0;
}

void Http2Session::Rep::OnHead(int32_t id, Stream& stream) {
  stream.head_ns = now_ns;
  stream.state = Stream::State::kBody;
  HttpRequest& request = stream.request;
  stream.method = request.method;
  const HttpServerOptions& options = context.options;
  if (stream.head_bytes > options.max_header_bytes) {
    return Refuse(id, stream, 431,
                  fmt::format("the header is larger than {} bytes", options.max_header_bytes));
  }
  if (stream.no_room) return Refuse(id, stream, 503, kNoRoom);
  if (!stream.cookies.empty()) request.headers.Add("Cookie", std::move(stream.cookies));
  // nghttp2 has seen to it that this is a number, and that the body keeps to it.
  const std::string_view length = request.headers.Get("Content-Length");
  if (!length.empty()) {
    const uint64_t bytes = strtoull(std::string(length).c_str(), nullptr, 10);
    if (bytes > options.max_body_bytes) {
      return Refuse(id, stream, 413,
                    fmt::format("the body is larger than {} bytes (limits.body, http.max_inflight)",
                                options.max_body_bytes));
    }
    if (!stream.charged.CoverExactly(stream.head_charge + static_cast<size_t>(bytes))) {
      return Refuse(id, stream, 503, kNoRoom);
    }
    request.body.reserve(static_cast<size_t>(bytes));
  }
  if (EqualsIgnoreCase(request.headers.Get("Expect"), "100-continue")) {
    const nghttp2_nv field = Field(":status", "100");
    nghttp2_submit_headers(session.get(), NGHTTP2_FLAG_NONE, id, nullptr, &field, 1, nullptr);
  }
}

int Http2Session::Rep::OnData(int32_t id, std::string_view bytes) {
  Stream* stream = Find(id);
  if (!stream || stream->state != Stream::State::kBody) return 0;
  std::string& body = stream->request.body;
  if (body.size() + bytes.size() > context.options.max_body_bytes) {
    Refuse(id, *stream, 413,
           fmt::format("the body is larger than {} bytes (limits.body, http.max_inflight)",
                       context.options.max_body_bytes));
  } else if (!stream->charged.Cover(stream->head_charge + body.size() + bytes.size())) {
    Refuse(id, *stream, 503, kNoRoom);
  } else {
    body.append(bytes);
  }
  return 0;
}

void Http2Session::Rep::Complete(int32_t id, Stream& stream) {
  stream.state = Stream::State::kHandling;
  stream.client_left = std::make_shared<std::atomic<bool>>(false);
  ++handling;
  ReceivedRequest received;
  received.stream = static_cast<uint32_t>(id);
  received.request = std::move(stream.request);
  received.request.peer = peer;
  received.request.client_left = stream.client_left;
  received.charged_bytes = stream.charged.Take();
  requests->push_back(std::move(received));
}

void Http2Session::Rep::Refuse(int32_t id, Stream& stream, int status, std::string_view message) {
  log::Debug("http: request refused", {{"peer", peer}, {"status", status}, {"reason", message}});
  stream.charged.Clear();
  stream.request = {};
  stream.cookies = {};
  HttpResponse response = RefusalResponse(status, message);
  if (status == 503) response.headers.Add("Retry-After", "1");
  Submit(id, stream, std::move(response));
}

int Http2Session::Rep::OnStreamClose(int32_t id, uint32_t error) {
  Stream* stream = Find(id);
  if (!stream) return 0;
  const bool answered = stream->state == Stream::State::kAnswering;
  if (answered && error == NGHTTP2_NO_ERROR) {
    context.metrics.ObserveDuration(now_ns - stream->begun_ns);
  }
  if (!answered && !resets.Spend(now_ns)) {
    Terminate(NGHTTP2_ENHANCE_YOUR_CALM, "too many requests were reset");
  }
  streams.erase(id);
  idle_since_ns = now_ns;
  return 0;
}

// --- answering -------------------------------------------------------------------------------

void Http2Session::Rep::Submit(int32_t id, Stream& stream, HttpResponse response) {
  if (response.status < 200 || response.status > 999) {
    log::Error("http: a handler answered with an impossible status", {{"status", response.status}});
    response = RefusalResponse(500, "the server failed to handle the request");
  }
  const bool has_body = stream.method != "HEAD" && StatusHasBody(response.status);
  if (has_body && response.body.size() > kFreeAnswerBytes &&
      !stream.charged.CoverAnswer(response.body.size())) {
    response = NoRoomResponse(response.body.size());
  }
  context.counters.Count(stream.method, response.status);  // before the client can know
  FieldList fields;
  fields.Add(":status", fmt::format("{}", response.status));
  fields.AddAll(response.headers);
  fields.Add("date", std::string(context.date.Now()));
  if (StatusHasBody(response.status) && response.trailers.fields().empty()) {
    fields.Add("content-length", fmt::format("{}", response.body.size()));
  }
  stream.state = Stream::State::kAnswering;
  stream.answered_ns = stream.moved_ns = now_ns;
  stream.response = std::move(response);
  stream.client_left.reset();
  nghttp2_data_provider provider{};
  provider.read_callback = [](nghttp2_session*, int32_t stream_id, uint8_t* into, size_t room,
                              uint32_t* flags, nghttp2_data_source*, void* self) -> ssize_t {
    return static_cast<Rep*>(self)->ReadBody(stream_id, into, room, flags);
  };
  const bool sends_data =
      has_body && (!stream.response.body.empty() || !stream.response.trailers.fields().empty());
  const std::vector<nghttp2_nv> view = fields.View();
  if (nghttp2_submit_response(session.get(), id, view.data(), view.size(),
                              sends_data ? &provider : nullptr) != 0) {
    nghttp2_submit_rst_stream(session.get(), NGHTTP2_FLAG_NONE, id, NGHTTP2_INTERNAL_ERROR);
  }
}

ssize_t Http2Session::Rep::ReadBody(int32_t id, uint8_t* into, size_t room, uint32_t* flags) {
  Stream* stream = Find(id);
  if (!stream) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  const std::string& body = stream->response.body;
  const size_t count = std::min(room, body.size() - stream->sent_bytes);
  std::copy_n(body.data() + stream->sent_bytes, count, into);
  stream->sent_bytes += count;
  stream->moved_ns = now_ns;
  if (stream->sent_bytes < body.size()) return static_cast<ssize_t>(count);
  *flags |= NGHTTP2_DATA_FLAG_EOF;
  if (!stream->response.trailers.fields().empty()) {
    FieldList fields;
    fields.AddAll(stream->response.trailers);
    const std::vector<nghttp2_nv> view = fields.View();
    if (nghttp2_submit_trailer(session.get(), id, view.data(), view.size()) == 0) {
      *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
    }
  }
  return static_cast<ssize_t>(count);
}

// A client that still sends a body whose answer it has is told to stop.
int Http2Session::Rep::OnFrameSent(const nghttp2_frame& frame) {
  const bool ends = (frame.hd.type == NGHTTP2_DATA || frame.hd.type == NGHTTP2_HEADERS) &&
                    (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  if (ends && nghttp2_session_get_stream_remote_close(session.get(), frame.hd.stream_id) == 0) {
    nghttp2_submit_rst_stream(session.get(), NGHTTP2_FLAG_NONE, frame.hd.stream_id,
                              NGHTTP2_NO_ERROR);
  }
  return 0;
}

// --- ending ----------------------------------------------------------------------------------

void Http2Session::Rep::CheckDeadline(int32_t id, Stream& stream) {
  const HttpServerOptions& options = context.options;
  switch (stream.state) {
    case Stream::State::kHead:
      // Nothing but the rest of this head may come on the connection.
      if (now_ns >= stream.begun_ns + options.header_timeout_ns) {
        Terminate(NGHTTP2_ENHANCE_YOUR_CALM, "a header did not arrive in time");
      }
      break;
    case Stream::State::kBody:
      if (now_ns >= BodyDeadlineNs(options, stream.head_ns, stream.request.body.size())) {
        Refuse(id, stream, 408, SlowBodyText(options));
      }
      break;
    case Stream::State::kHandling:
      break;
    case Stream::State::kAnswering:
      if (now_ns >= stream.moved_ns + options.idle_timeout_ns ||
          now_ns >= AnswerDeadlineNs(options, stream.answered_ns, stream.sent_bytes)) {
        nghttp2_submit_rst_stream(session.get(), NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
      }
      break;
  }
}

void Http2Session::Rep::Terminate(uint32_t error, std::string_view why) {
  if (failed) return;
  log::Debug("http: connection ended", {{"peer", peer}, {"reason", why}});
  failed = true;
  nghttp2_session_terminate_session(session.get(), error);
}

void Http2Session::Rep::Drain() {
  if (draining || !session) return;
  draining = true;
  nghttp2_submit_goaway(session.get(), NGHTTP2_FLAG_NONE,
                        nghttp2_session_get_last_proc_stream_id(session.get()), NGHTTP2_NO_ERROR,
                        nullptr, 0);
}

// --- the session -----------------------------------------------------------------------------

Http2Session::Http2Session(SessionContext& context, std::string peer, int64_t now_ns)
    : rep_(std::make_unique<Rep>(context, std::move(peer), now_ns)) {}
Http2Session::~Http2Session() = default;

bool Http2Session::BeginUpgraded(const std::string& settings, HttpRequest& request,
                                 int64_t now_ns) {
  if (!rep_->session) return false;
  rep_->now_ns = now_ns;
  const bool head = request.method == "HEAD";
  if (nghttp2_session_upgrade2(rep_->session.get(),
                               reinterpret_cast<const uint8_t*>(settings.data()), settings.size(),
                               head ? 1 : 0, nullptr) != 0) {
    return false;
  }
  auto stream = std::make_unique<Stream>(rep_->context.budget, now_ns);
  stream->state = Stream::State::kHandling;
  stream->method = request.method;
  stream->client_left = std::make_shared<std::atomic<bool>>(false);
  request.client_left = stream->client_left;
  rep_->streams.emplace(1, std::move(stream));
  ++rep_->handling;
  return true;
}

void Http2Session::Receive(std::string_view bytes, int64_t now_ns, ReceivedRequests& requests) {
  if (!rep_->session) return;
  rep_->now_ns = now_ns;
  rep_->requests = &requests;
  const ssize_t used = nghttp2_session_mem_recv(
      rep_->session.get(), reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  rep_->requests = nullptr;
  if (used < 0) {
    const uint32_t error =
        used == NGHTTP2_ERR_FLOODED ? NGHTTP2_ENHANCE_YOUR_CALM : NGHTTP2_PROTOCOL_ERROR;
    rep_->Terminate(error, nghttp2_strerror(static_cast<int>(used)));
  }
}

void Http2Session::Answer(uint32_t stream_id, HttpResponse response, int64_t now_ns) {
  rep_->now_ns = now_ns;
  if (rep_->handling > 0) --rep_->handling;
  const auto id = static_cast<int32_t>(stream_id);
  Stream* stream = rep_->Find(id);
  if (!stream || stream->state != Stream::State::kHandling) return;  // reset meanwhile
  rep_->Submit(id, *stream, std::move(response));
}

void Http2Session::Produce(SendQueue& queue, int64_t now_ns) {
  if (!rep_->session) return;
  rep_->now_ns = now_ns;
  std::string out;
  while (!queue.full() && out.size() < SendQueue::kFullBytes) {
    const uint8_t* data = nullptr;
    const ssize_t size = nghttp2_session_mem_send(rep_->session.get(), &data);
    if (size < 0) rep_->failed = true;
    if (size <= 0) break;
    out.append(reinterpret_cast<const char*>(data), static_cast<size_t>(size));
  }
  queue.Push(std::move(out));
}

void Http2Session::Tick(int64_t now_ns) {
  if (!rep_->session) return;
  rep_->now_ns = now_ns;
  std::vector<int32_t> ids;
  ids.reserve(rep_->streams.size());
  for (const auto& [id, stream] : rep_->streams) ids.push_back(id);
  for (const int32_t id : ids) {
    if (Stream* stream = rep_->Find(id)) rep_->CheckDeadline(id, *stream);
  }
  if (!idle()) return;
  const HttpServerOptions& options = rep_->context.options;
  if (!rep_->greeted && now_ns >= rep_->idle_since_ns + options.header_timeout_ns) {
    rep_->Terminate(NGHTTP2_PROTOCOL_ERROR, "the preface did not arrive in time");
  } else if (now_ns >= rep_->idle_since_ns + options.idle_timeout_ns) {
    rep_->Drain();
  }
}

void Http2Session::Drain() { rep_->Drain(); }

void Http2Session::ClientLeft() {
  for (const auto& [id, stream] : rep_->streams) stream->ClientLeft();
}

bool Http2Session::wants_read() const {
  return rep_->session && nghttp2_session_want_read(rep_->session.get()) != 0;
}

bool Http2Session::idle() const { return rep_->streams.empty(); }

SessionEnd Http2Session::end() const {
  if (!rep_->session || rep_->failed) return SessionEnd::kLinger;
  if (rep_->draining && idle()) return SessionEnd::kLinger;
  nghttp2_session* session = rep_->session.get();
  const bool open =
      nghttp2_session_want_read(session) != 0 || nghttp2_session_want_write(session) != 0;
  return open ? SessionEnd::kGoesOn : SessionEnd::kLinger;
}

}  // namespace anneal
