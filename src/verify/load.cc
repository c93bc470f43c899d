#include "verify/load.h"

#include <cctype>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

namespace anneal {
namespace {

using Json = nlohmann::json;

// "http://host:port/a?b" → "/a?b".
std::string PathOfUrl(std::string_view url) {
  size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return std::string(url);
  size_t slash = url.find('/', scheme + 3);
  return slash == std::string_view::npos ? "/" : std::string(url.substr(slash));
}

Result<LoadRequest> ParseJsonRequest(std::string_view line) {
  try {
    Json json = Json::parse(line);
    LoadRequest request;
    request.method = json.value("method", "GET");
    request.path = PathOfUrl(json.value("path", json.value("url", "/")));
    request.body = json.value("body", "");
    if (json.contains("headers")) {
      for (const auto& item : json.at("headers").items()) {
        request.headers.Add(item.key(), item.value().get<std::string>());
      }
    }
    return request;
  } catch (const Json::exception& e) {
    return InvalidArgument("{}", e.what());
  }
}

Result<LoadRequest> ParseRequestLine(std::string_view line) {
  if (line.front() == '{') return ParseJsonRequest(line);
  LoadRequest request;
  size_t blank = line.find(' ');
  if (blank != std::string_view::npos) {
    request.method = line.substr(0, blank);
    line.remove_prefix(blank + 1);
  }
  request.path = PathOfUrl(line);
  if (request.path.empty() || request.path[0] != '/') {
    return InvalidArgument("\"{}\" is no path: it must begin with /", request.path);
  }
  return request;
}

Status SendOne(const LoadRequest& recorded, const std::string& base_url, int64_t timeout_ns,
               Http& http) {
  constexpr size_t kMaxAnswerBytes = size_t{64} << 20;
  HttpRequest request;
  request.method = recorded.method;
  request.target = base_url + recorded.path;
  request.headers = recorded.headers;
  request.body = recorded.body;
  Result<HttpResponse> response = http.Fetch(request, timeout_ns, kMaxAnswerBytes);
  if (!response.ok()) {
    return response.status().Annotate(fmt::format("{} {}", recorded.method, recorded.path));
  }
  if (response->status < 200 || response->status >= 400) {
    return Error(Code::kFailedPrecondition, "{} {} answered {}: {}", recorded.method, recorded.path,
                 response->status, response->body.substr(0, 200));
  }
  return Status();
}

// The number written before or after `mark`, whichever `before` says, past blanks and fillers.
std::optional<int64_t> NumberNear(std::string_view text, std::string_view mark, bool before) {
  size_t at = text.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  auto is_digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
  size_t begin = at + mark.size();
  if (before) {
    begin = at;
    while (begin > 0 && (is_digit(text[begin - 1]) || text[begin - 1] == ' ')) --begin;
  }
  while (begin < text.size() &&
         std::string_view(" .:\t").find(text[begin]) != std::string_view::npos) {
    ++begin;
  }
  int64_t number = 0;
  size_t end = begin;
  for (; end < text.size() && is_digit(text[end]) && end - begin < 18; ++end) {
    number = number * 10 + (text[end] - '0');
  }
  if (end == begin || number == 0) return std::nullopt;
  return number;
}

}  // namespace

Result<std::vector<LoadRequest>> ParseLoadRequests(std::string_view text) {
  std::vector<LoadRequest> requests;
  for (int number = 1; !text.empty(); ++number) {
    size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
    if (line.empty() || line[0] == '#') continue;
    Result<LoadRequest> request = ParseRequestLine(line);
    if (!request.ok()) return request.status().Annotate(fmt::format("line {}", number));
    requests.push_back(std::move(*request));
  }
  if (requests.empty()) return InvalidArgument("no request in it");
  return requests;
}

void LoadTotals::Add(const LoadTotals& other) {
  requests += other.requests;
  failed += other.failed;
  if (first_failure.empty()) first_failure = other.first_failure;
}

LoadTotals SendWhile(const LoadPlan& load, const std::string& base_url, int64_t first,
                     const std::function<bool(const LoadTotals&)>& more, int64_t timeout_ns,
                     Http& http) {
  constexpr int64_t kPauseNs = 10'000'000;
  std::mutex mutex;
  LoadTotals totals;
  auto work = [&] {
    std::unique_lock<std::mutex> lock(mutex);
    while (more(totals)) {
      size_t which = static_cast<size_t>(first + totals.requests++) % load.requests.size();
      lock.unlock();
      Status status = SendOne(load.requests[which], base_url, timeout_ns, http);
      // A dead service refuses at once: do not spin on it.
      if (!status.ok()) Clock::System().SleepNs(kPauseNs);
      lock.lock();
      if (!status.ok()) totals.Add({.failed = 1, .first_failure = status.message()});
    }
  };
  std::vector<std::thread> threads;
  for (int i = 1; i < load.concurrency; ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
  return totals;
}

Status SendRequests(const LoadPlan& load, const std::string& base_url, int64_t first, int64_t units,
                    int64_t timeout_ns, Http& http) {
  auto more = [units](const LoadTotals& sent) { return sent.requests < units && sent.failed == 0; };
  LoadTotals totals = SendWhile(load, base_url, first, more, timeout_ns, http);
  return totals.failed == 0 ? Status() : Status(Code::kFailedPrecondition, totals.first_failure);
}

std::optional<int64_t> RequestsInOutput(std::string_view output) {
  struct Mark {
    std::string_view text;
    bool before;
  };
  constexpr Mark kMarks[] = {
      {" requests in ", true},        // wrk: "  1234 requests in 1.00s, 5.6MB read"
      {"Complete requests:", false},  // ab
      {"http_reqs", false},           // k6: "http_reqs......: 1234 411.3/s"
      {" responses", true},           // hey, oha: "[200] 1234 responses"
  };
  if (output.find("Requests      [total") != std::string_view::npos) {  // vegeta
    return NumberNear(output, "throughput]", false);
  }
  for (const Mark& mark : kMarks) {
    if (std::optional<int64_t> number = NumberNear(output, mark.text, mark.before)) return number;
  }
  return std::nullopt;
}

}  // namespace anneal
