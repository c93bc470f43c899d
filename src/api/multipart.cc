#include "api/multipart.h"

#include <fmt/format.h>

#include <string>

#include "api/header_value.h"
#include "net/http.h"

namespace anneal {
namespace {

// The headers of a part: lines up to an empty one.
Status ParsePartHeaders(std::string_view headers, size_t offset, FormPart& part) {
  while (!headers.empty()) {
    size_t end = headers.find("\r\n");
    std::string_view line = headers.substr(0, end);
    headers.remove_prefix(end == std::string_view::npos ? headers.size() : end + 2);
    size_t colon = line.find(':');
    if (colon == std::string_view::npos) {
      return InvalidArgument("multipart body, byte {}: a part's header line has no colon", offset);
    }
    std::string_view name = TrimSpace(line.substr(0, colon));
    std::string_view value = TrimSpace(line.substr(colon + 1));
    if (EqualsIgnoreCase(name, "Content-Disposition")) {
      part.name = HeaderParameter(value, "name");
      part.filename = HeaderParameter(value, "filename");
    } else if (EqualsIgnoreCase(name, "Content-Type")) {
      part.content_type = value;
    }
  }
  if (part.name.empty()) {
    return InvalidArgument("multipart body, byte {}: a part has no name", offset);
  }
  return {};
}

}  // namespace

Result<std::vector<FormPart>> ParseMultipart(std::string_view content_type, std::string_view body) {
  std::string_view boundary = HeaderParameter(content_type, "boundary");
  if (boundary.empty() || boundary.size() > 70) {
    return InvalidArgument(
        "Content-Type `{}` has no boundary of 1 to 70 characters; send multipart/form-data with "
        "one",
        content_type.substr(0, 200));
  }
  std::string delimiter = fmt::format("--{}", boundary);
  // The first delimiter may stand at the very start, without the line break of the others.
  size_t pos = body.starts_with(delimiter) ? 0 : body.find("\r\n" + delimiter);
  if (pos == std::string_view::npos) {
    return InvalidArgument("multipart body: the boundary `{}` does not occur", boundary);
  }
  if (pos != 0 || !body.starts_with(delimiter)) pos += 2;
  std::string separator = "\r\n" + delimiter;
  std::vector<FormPart> parts;
  while (true) {
    pos += delimiter.size();
    if (body.substr(pos, 2) == "--") return parts;
    size_t line_end = body.find("\r\n", pos);
    if (line_end == std::string_view::npos ||
        !TrimSpace(body.substr(pos, line_end - pos)).empty()) {
      return InvalidArgument("multipart body, byte {}: a boundary must end its line", pos);
    }
    size_t begin = line_end + 2;
    size_t headers_end = body.find("\r\n\r\n", line_end);
    size_t end = body.find(separator, line_end);
    if (headers_end == std::string_view::npos || end == std::string_view::npos ||
        headers_end > end) {
      return InvalidArgument("multipart body, byte {}: the part is cut short", begin);
    }
    FormPart part;
    size_t headers_size = headers_end > begin ? headers_end - begin : 0;
    TRY(ParsePartHeaders(body.substr(begin, headers_size), begin, part));
    size_t data_begin = headers_end + 4;
    part.data = body.substr(data_begin, end > data_begin ? end - data_begin : 0);
    parts.push_back(part);
    pos = end + 2;
  }
}

}  // namespace anneal
