#include "cli/view_document.h"

#include <absl/strings/escaping.h>

#include "base/sha256.h"

namespace anneal {
namespace {

Result<std::string_view> FindFile(std::span<const PageFile> files, std::string_view name) {
  for (const PageFile& file : files) {
    if (file.name == name) return file.plain;
  }
  return Error(Code::kFailedPrecondition, "this anneal carries no web page ({} is missing)", name);
}

void ReplaceAll(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
}

// Removes every `<name …>` that refers to an asset, with its end tag when it has one.
void RemoveAssetTags(std::string& html, std::string_view name) {
  const std::string begin = fmt::format("<{}", name), end_tag = fmt::format("</{}>", name);
  for (size_t at = 0; (at = html.find(begin, at)) != std::string::npos;) {
    size_t end = html.find('>', at);
    if (end == std::string::npos) return;
    ++end;
    if (html.compare(end, end_tag.size(), end_tag) == 0) end += end_tag.size();
    if (html.substr(at, end - at).find("\"/assets/") == std::string::npos) {
      at = end;
    } else {
      html.erase(at, end - at);
    }
  }
}

std::string HashSource(std::string_view text) {
  std::string digest = Sha256(text);
  return "'sha256-" + absl::Base64Escape(digest) + "'";
}

}  // namespace

Result<std::string> MakeViewDocument(std::span<const PageFile> files, std::string_view data) {
  ASSIGN_OR_RETURN(std::string_view index, FindFile(files, "index.html"));
  ASSIGN_OR_RETURN(std::string_view script_file, FindFile(files, "page.js"));
  ASSIGN_OR_RETURN(std::string_view style_file, FindFile(files, "page.css"));
  // What would end the element, or begin a comment in it, written as the same text otherwise.
  std::string script(script_file), style(style_file), json(data);
  ReplaceAll(script, "</script", "<\\/script");
  ReplaceAll(script, "<!--", "<\\!--");
  ReplaceAll(style, "</style", "<\\/style");
  ReplaceAll(json, "<", "\\u003c");

  std::string html(index);
  RemoveAssetTags(html, "script");
  RemoveAssetTags(html, "link");
  const std::string policy = fmt::format(
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src {}; "
      "style-src {}; img-src data: blob:; base-uri 'none'; form-action 'none'\">",
      HashSource(script), HashSource(style));
  size_t head = html.find("<head>"), body_end = html.rfind("</body>");
  if (head == std::string::npos || body_end == std::string::npos) {
    return Error(Code::kFailedPrecondition, "the page's index.html has no head or no body");
  }
  html.insert(body_end,
              fmt::format("<script type=\"application/json\" id=\"anneal-data\">{}</script>\n"
                          "<style>{}</style>\n<script type=\"module\">{}</script>\n",
                          json, style, script));
  html.insert(head + std::string_view("<head>").size(), policy);
  return html;
}

}  // namespace anneal
