// Values of HTTP header fields: "multipart/form-data; boundary=x", "gzip;q=0.5, br".
#pragma once

#include <string_view>

namespace anneal {

// Without spaces, tabs and line breaks at both ends.
std::string_view TrimSpace(std::string_view text);

// Takes what stands before the first `separator` outside of double quotes off `rest`, trimmed.
std::string_view NextField(std::string_view& rest, char separator);

// The value before any parameters ("multipart/form-data"), trimmed.
std::string_view HeaderMain(std::string_view field);
// The value of a parameter ("boundary"), quotes removed, or empty.
std::string_view HeaderParameter(std::string_view field, std::string_view name);

// Whether the whole of `field` is a media type with well-formed parameters, each named once (RFC
// 9110, 8.3.1). "*" passes for "*/*": Java's HTTP client sends it.
bool IsMediaType(std::string_view field);

}  // namespace anneal
