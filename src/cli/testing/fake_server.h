// A profile server for tests, spoken to through FakeHttp: answers each call with set bytes.
#pragma once

#include <map>
#include <protozero/pbf_writer.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "net/fake_http.h"

namespace anneal {

class FakeServer {
 public:
  // Answers of calls by method ("SelectSeries"), encoded messages; other methods get 501.
  std::map<std::string, std::string> answers;

  FakeHttp::Answer Answer() {
    return [this](const HttpRequest& request, int64_t) -> Result<HttpResponse> {
      std::string method = request.target.substr(request.target.rfind('/') + 1);
      HttpResponse response;
      auto found = answers.find(method);
      if (found == answers.end()) {
        response.status = 501;
        response.headers.Set("Content-Type", "application/json");
        response.body = R"({"code":"unimplemented","message":"no such call"})";
        return response;
      }
      response.headers.Set("Content-Type", "application/proto");
      response.body = found->second;
      return response;
    };
  }

  // SelectMergeStacktracesResponse with a pprof message.
  static std::string PprofAnswer(std::string_view profile) {
    std::string body;
    protozero::pbf_writer answer(body);
    protozero::pbf_writer pprof(answer, 5);
    pprof.add_bytes(1, profile.data(), profile.size());
    pprof.commit();
    return body;
  }
  // LabelNamesResponse, LabelValuesResponse.
  static std::string NamesAnswer(const std::vector<std::string>& names) {
    std::string body;
    protozero::pbf_writer answer(body);
    for (const std::string& name : names) answer.add_string(1, name);
    return body;
  }
  // ProfileTypesResponse with ids only.
  static std::string TypesAnswer(const std::vector<std::string>& ids) {
    std::string body;
    protozero::pbf_writer answer(body);
    for (const std::string& id : ids) protozero::pbf_writer(answer, 1).add_string(1, id);
    return body;
  }
};

}  // namespace anneal
