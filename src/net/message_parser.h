// HTTP/1.x messages from bytes, in whatever pieces they arrive. Pure: no sockets, no clock.
// Boost.Beast's parser does the grammar; this adds limits and the rules against smuggling.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/http.h"

namespace anneal {

enum class MessageKind { kRequest, kResponse, kResponseToHead };

struct MessageLimits {
  size_t header_bytes = 64 << 10;
  uint64_t body_bytes = uint64_t{256} << 20;
};

// The head of a message; method and target of a request, status of a response.
struct MessageHead {
  std::string method, target;
  int status = 0;
  bool http10 = false;
  bool keep_alive = false;                 // as the sender asks
  bool expect_continue = false;            // it waits for "100 Continue"
  std::optional<uint64_t> content_length;  // none: chunked, to the end of stream, or no body
  HttpHeaders headers;
};

// Why a message was refused: the status a server answers with, and a sentence.
struct MessageFailure {
  int status = 400;
  std::string message;
};

// Parses one message; Reset for the next. A parser may be moved, not copied.
class MessageParser {
 public:
  enum class Stage { kHead, kBody, kDone, kFailed };

  MessageParser(MessageKind kind, MessageLimits limits);
  ~MessageParser();
  MessageParser(MessageParser&&) noexcept;
  MessageParser& operator=(MessageParser&&) noexcept;

  // Takes bytes and returns how many it used. Stops after the head, so that the caller can
  // refuse or continue, and at the end of the message; otherwise what it did not use (an unfinished
  // head or chunk line) must be given again with more behind it.
  size_t Feed(std::string_view bytes);
  // The stream ended: completes a response that ends so; fails anything unfinished.
  void FeedEnd();
  void Reset(MessageKind kind);

  Stage stage() const;
  // Set once stage() is past kHead. May be moved from.
  MessageHead& head();
  // What of the body has arrived. May be moved from at kDone.
  std::string& body();
  // REQUIRES: stage() is kFailed.
  const MessageFailure& failure() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace anneal
