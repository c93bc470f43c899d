#include "api/push_request.h"

#include <protozero/pbf_reader.hpp>

namespace anneal {
namespace {

using protozero::pbf_reader;
constexpr auto kBytes = protozero::pbf_wire_type::length_delimited;

std::string_view View(pbf_reader& reader) {
  protozero::data_view view = reader.get_view();
  return {view.data(), view.size()};
}

LabelPair ReadLabel(pbf_reader label) {
  LabelPair out;
  while (label.next()) {
    if (label.tag() == 1 && label.has_wire_type(kBytes)) {
      out.name = View(label);
    } else if (label.tag() == 2 && label.has_wire_type(kBytes)) {
      out.value = View(label);
    } else {
      label.skip();
    }
  }
  return out;
}

void ReadSample(pbf_reader sample, PushSeries& series) {
  std::string_view profile, id;
  while (sample.next()) {
    if (sample.tag() == 1 && sample.has_wire_type(kBytes)) {
      profile = View(sample);
    } else if (sample.tag() == 2 && sample.has_wire_type(kBytes)) {
      id = View(sample);
    } else {
      sample.skip();
    }
  }
  series.profiles.push_back(profile);
  series.ids.push_back(id);
}

PushSeries ReadSeries(pbf_reader series) {
  PushSeries out;
  while (series.next()) {
    if (series.tag() == 1 && series.has_wire_type(kBytes)) {
      out.labels.push_back(ReadLabel(series.get_message()));
    } else if (series.tag() == 2 && series.has_wire_type(kBytes)) {
      ReadSample(series.get_message(), out);
    } else {
      series.skip();
    }
  }
  return out;
}

}  // namespace

Result<std::vector<PushSeries>> ParsePushRequest(std::string_view bytes) {
  std::vector<PushSeries> out;
  try {
    pbf_reader request(bytes.data(), bytes.size());
    while (request.next()) {
      if (request.tag() == 1 && request.has_wire_type(kBytes)) {
        out.push_back(ReadSeries(request.get_message()));
      } else {
        request.skip();
      }
    }
  } catch (const protozero::exception& e) {
    return InvalidArgument("the request is no push.v1.PushRequest: {}", e.what());
  }
  return out;
}

}  // namespace anneal
