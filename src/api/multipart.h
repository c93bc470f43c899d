// multipart/form-data, as much of RFC 7578 as clients of /ingest use.
#pragma once

#include <string_view>
#include <vector>

#include "base/status.h"

namespace anneal {

struct FormPart {
  std::string_view name, filename, content_type;  // empty: not given
  std::string_view data;
};

// The parts of a body; views point into `body` and `content_type`. `content_type` is the
// request's header, which carries the boundary. kInvalidArgument with the byte offset when the
// boundary is missing, a part is cut short or has no name.
Result<std::vector<FormPart>> ParseMultipart(std::string_view content_type, std::string_view body);

}  // namespace anneal
