// The whole way of a pushed message, from bytes to the writes that a store would get.
#include "api/api.h"
#include "api/memory_store.h"
#include "base/clock.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace anneal;
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  FakeClock clock;
  MemoryStore store;
  Limits limits;
  limits.max_body_bytes = limits.max_profile_bytes = 1 << 20;
  limits.max_future_ns = 0;
  Api api(store, clock, {.limits = limits});
  int answers = 0;
  auto respond = [&](HttpResponse) { ++answers; };

  // As a PushRequest, as JSON, as a multipart form and as what else /ingest takes.
  const std::pair<std::string_view, std::string_view> kWays[] = {
      {"/push.v1.PusherService/Push", "application/proto"},
      {"/push.v1.PusherService/Push", "application/json"},
      {"/ingest?name=a", "multipart/form-data; boundary=b"},
      {"/ingest?name=a&spyName=dotnetspy", "multipart/form-data; boundary=b"},
      {"/ingest?name=a&format=pprof&spyName=pyspy", ""},
      {"/ingest?name=a", "text/plain"},
      {"/ingest?name=a&format=lines", ""},
      {"/ingest?name=a&format=tree", ""},
      {"/ingest?name=a.wall&format=trie", ""},
      {"/ingest?name=a&format=speedscope", ""},
      {"/v1development/profiles", "application/x-protobuf"},
      {"/v1development/profiles", "application/json"}};
  for (const auto& [target, type] : kWays) {
    HttpRequest request{
        .method = "POST", .target = std::string(target), .body = std::string(bytes)};
    request.headers.Add("Content-Type", std::string(type));
    api.Handle(std::move(request), respond);
  }
  // And as the profile of a good request.
  api.Push("anonymous", {{"__name__", "cpu"}}, bytes, {}, [&](const Status&) { ++answers; });
  if (answers != static_cast<int>(std::size(kWays)) + 1) __builtin_trap();
  for (const StoredProfile& stored : store.stored) {
    if (!ValidateProfile(stored.profile).ok()) __builtin_trap();
    if (FindLabel(stored.labels, "__profile_type__").empty()) __builtin_trap();
  }
  return 0;
}
