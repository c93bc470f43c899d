// Reads a request into its generated class.
#pragma once

#include <string_view>

#include "base/status.h"

namespace anneal {

template <typename Message>
Result<Message> ParseRequest(std::string_view bytes) {
  Message message;
  if (bytes.size() > 0x7fffffff ||
      !message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return InvalidArgument("the body is no {}", message.GetTypeName());
  }
  return message;
}

}  // namespace anneal
