// {name} placeholders in command lines, and what takes their place.
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

// `text` as one word for the shell: in quotes when it has to be.
std::string ShellWord(const std::string& text);

}  // namespace anneal
