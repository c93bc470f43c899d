// {name} placeholders in command lines.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anneal {

// Replaces each {name} by its value, in one pass: what a value brings along is not looked at again.
// Braces around other words stay as they are.
std::string Substitute(std::string_view text,
                       const std::vector<std::pair<std::string_view, std::string>>& values);

}  // namespace anneal
