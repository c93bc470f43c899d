// The other side of an Http2Session, for tests: nghttp2 as a client, in memory.
#pragma once

#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/http2_session.h"

namespace anneal {

// What came on one stream.
struct PeerStream {
  int status = 0;
  std::vector<int> interim;  // statuses below 200
  HttpHeaders headers, trailers;
  std::string body;
  bool ended = false;   // by END_STREAM
  bool closed = false;  // in whatever way
  uint32_t error = 0;
};

// The caller moves bytes with Take and Give.
class Http2Peer {
 public:
  explicit Http2Peer(int32_t window_bytes = 1 << 20) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, OnHeader);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, OnData);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, OnFrame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, OnClose);
    nghttp2_session_client_new(&session_, callbacks, this);
    nghttp2_session_callbacks_del(callbacks);
    const nghttp2_settings_entry window = {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE,
                                           static_cast<uint32_t>(window_bytes)};
    nghttp2_submit_settings(session_, 0, &window, 1);
  }
  ~Http2Peer() { nghttp2_session_del(session_); }
  Http2Peer(const Http2Peer&) = delete;
  Http2Peer& operator=(const Http2Peer&) = delete;

  using Fields = std::vector<std::pair<std::string, std::string>>;
  // Sends a request; the body may be longer than what goes out at once. Its stream.
  int32_t Request(std::string method, std::string path, std::string body = {}, Fields more = {}) {
    int32_t id = 0;
    const Fields fields = Head(std::move(method), std::move(path), std::move(more));
    const std::vector<nghttp2_nv> view = View(fields);
    if (body.empty()) {
      id = nghttp2_submit_request(session_, nullptr, view.data(), view.size(), nullptr, nullptr);
      return id;
    }
    nghttp2_data_provider provider{};
    provider.read_callback = ReadBody;
    id = nghttp2_submit_request(session_, nullptr, view.data(), view.size(), &provider, nullptr);
    bodies_[id] = std::move(body);
    return id;
  }
  // The head of a request whose body never comes.
  int32_t BeginRequest(std::string method, std::string path, Fields more = {}) {
    const Fields fields = Head(std::move(method), std::move(path), std::move(more));
    const std::vector<nghttp2_nv> view = View(fields);
    return nghttp2_submit_headers(session_, NGHTTP2_FLAG_NONE, -1, nullptr, view.data(),
                                  view.size(), nullptr);
  }
  void Reset(int32_t id) { nghttp2_submit_rst_stream(session_, 0, id, NGHTTP2_CANCEL); }

  // The bytes to send.
  std::string Take() {
    std::string out;
    const uint8_t* data = nullptr;
    for (ssize_t size = 0; (size = nghttp2_session_mem_send(session_, &data)) > 0;) {
      out.append(reinterpret_cast<const char*>(data), static_cast<size_t>(size));
    }
    return out;
  }
  void Give(std::string_view bytes) {
    EXPECT_EQ(nghttp2_session_mem_recv(session_, reinterpret_cast<const uint8_t*>(bytes.data()),
                                       bytes.size()),
              static_cast<ssize_t>(bytes.size()));
  }

  PeerStream& stream(int32_t id) { return streams_[id]; }
  nghttp2_session* session() { return session_; }
  bool goaway() const { return goaway_; }
  uint32_t goaway_error() const { return goaway_error_; }

 private:
  static Fields Head(std::string method, std::string path, Fields more) {
    Fields fields = {{":method", std::move(method)},
                     {":scheme", "http"},
                     {":authority", "host"},
                     {":path", std::move(path)}};
    for (auto& field : more) fields.push_back(std::move(field));
    return fields;
  }
  static std::vector<nghttp2_nv> View(const Fields& fields) {
    std::vector<nghttp2_nv> out;
    for (const auto& [name, value] : fields) {
      out.push_back({reinterpret_cast<uint8_t*>(const_cast<char*>(name.data())),
                     reinterpret_cast<uint8_t*>(const_cast<char*>(value.data())), name.size(),
                     value.size(), NGHTTP2_NV_FLAG_NONE});
    }
    return out;
  }
  static ssize_t ReadBody(nghttp2_session*, int32_t id, uint8_t* into, size_t room, uint32_t* flags,
                          nghttp2_data_source*, void* user) {
    std::string& body = static_cast<Http2Peer*>(user)->bodies_[id];
    const size_t count = std::min(room, body.size());
    std::copy_n(body.data(), count, into);
    body.erase(0, count);
    if (body.empty()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(count);
  }
  static int OnHeader(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name,
                      size_t name_size, const uint8_t* value, size_t value_size, uint8_t,
                      void* user) {
    PeerStream& stream = static_cast<Http2Peer*>(user)->streams_[frame->hd.stream_id];
    std::string key(reinterpret_cast<const char*>(name), name_size);
    std::string text(reinterpret_cast<const char*>(value), value_size);
    if (key == ":status") {
      if (stream.status != 0) stream.interim.push_back(stream.status);
      stream.status = std::stoi(text);
    } else if (frame->headers.cat == NGHTTP2_HCAT_HEADERS && stream.status >= 200 &&
               (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0 && stream.headers.Has("date")) {
      stream.trailers.Add(std::move(key), std::move(text));
    } else {
      stream.headers.Add(std::move(key), std::move(text));
    }
    return 0;
  }
  static int OnData(nghttp2_session*, uint8_t, int32_t id, const uint8_t* data, size_t size,
                    void* user) {
    static_cast<Http2Peer*>(user)->streams_[id].body.append(reinterpret_cast<const char*>(data),
                                                            size);
    return 0;
  }
  static int OnFrame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    auto* self = static_cast<Http2Peer*>(user);
    if (frame->hd.type == NGHTTP2_GOAWAY) {
      self->goaway_ = true;
      self->goaway_error_ = frame->goaway.error_code;
    }
    const bool carries = frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS;
    if (carries && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
      self->streams_[frame->hd.stream_id].ended = true;
    }
    return 0;
  }
  static int OnClose(nghttp2_session*, int32_t id, uint32_t error, void* user) {
    PeerStream& stream = static_cast<Http2Peer*>(user)->streams_[id];
    stream.closed = true;
    stream.error = error;
    return 0;
  }

  nghttp2_session* session_ = nullptr;
  std::map<int32_t, std::string> bodies_;
  std::map<int32_t, PeerStream> streams_;
  bool goaway_ = false;
  uint32_t goaway_error_ = 0;
};

}  // namespace anneal
