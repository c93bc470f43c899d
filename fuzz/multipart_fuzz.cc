// Multipart bodies; the first line of the input is the Content-Type.
#include "api/multipart.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace anneal;
  std::string_view input(reinterpret_cast<const char*>(data), size);
  size_t line = input.find('\n');
  std::string_view type = input.substr(0, line);
  std::string_view body = line == std::string_view::npos ? "" : input.substr(line + 1);
  Result<std::vector<FormPart>> parts = ParseMultipart(type, body);
  if (!parts.ok()) return 0;
  for (const FormPart& part : *parts) {
    bool inside = part.data.data() >= body.data() &&
                  part.data.data() + part.data.size() <= body.data() + body.size();
    if (part.name.empty() || !inside) __builtin_trap();
  }
  return 0;
}
