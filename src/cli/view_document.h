// The web page and a profile as one HTML file that needs no server and makes no request.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "server/page_files.h"

namespace anneal {

// `data` is JSON for the page's element "anneal-data". Script and style stand in the document, and
// its Content-Security-Policy allows these two, by hash, and no other; nothing in `data` can end
// its element. kFailedPrecondition when `files` lack a part of the page.
Result<std::string> MakeViewDocument(std::span<const PageFile> files, std::string_view data);

}  // namespace anneal
