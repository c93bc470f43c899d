// Requests of OpenTelemetry's exporters for tests, written as text.
#pragma once

#include <opentelemetry/proto/collector/profiles/v1development/profiles_service.pb.h>

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anneal {

namespace otlp {
using namespace opentelemetry::proto::collector::profiles::v1development;  // NOLINT
using namespace opentelemetry::proto::profiles::v1development;             // NOLINT
using namespace opentelemetry::proto::common::v1;                          // NOLINT
}  // namespace otlp

// Grows a request with a proper dictionary: entry 0 of each table is the empty one.
class MadeOtlp {
 public:
  MadeOtlp() {
    auto* d = request.mutable_dictionary();
    d->add_mapping_table();
    d->add_location_table();
    d->add_function_table();
    d->add_link_table();
    d->add_string_table();
    d->add_attribute_table();
    d->add_stack_table();
    auto* mapping = d->add_mapping_table();
    mapping->set_memory_start(0x400000);
    mapping->set_memory_limit(0x800000);
    mapping->set_filename_strindex(Text("/bin/main"));
    mapping->add_attribute_indices(Attribute("process.executable.build_id.gnu", "abc123"));
  }

  int Text(const std::string& text) {
    if (text.empty()) return 0;
    auto [it, is_new] = texts_.try_emplace(text, request.dictionary().string_table_size());
    if (is_new) request.mutable_dictionary()->add_string_table(text);
    return it->second;
  }
  int Attribute(const std::string& key, const std::string& value) {
    auto* d = request.mutable_dictionary();
    auto* attribute = d->add_attribute_table();
    attribute->set_key_strindex(Text(key));
    attribute->mutable_value()->set_string_value(value);
    return d->attribute_table_size() - 1;
  }
  int Link(const std::string& trace_id, const std::string& span_id) {
    auto* d = request.mutable_dictionary();
    auto* link = d->add_link_table();
    link->set_trace_id(trace_id);
    link->set_span_id(span_id);
    return d->link_table_size() - 1;
  }
  // Frames root first; each a function of line 7 in the mapping.
  int Stack(const std::vector<std::string>& frames) {
    auto* d = request.mutable_dictionary();
    std::vector<int> locations;
    for (const std::string& frame : frames) {
      auto [it, is_new] = frames_.try_emplace(frame, d->location_table_size());
      if (is_new) {
        auto* function = d->add_function_table();
        function->set_name_strindex(Text(frame));
        function->set_filename_strindex(Text("main.go"));
        function->set_start_line(3);
        auto* location = d->add_location_table();
        location->set_mapping_index(1);
        location->set_address(0x401000 + static_cast<uint64_t>(it->second));
        auto* line = location->add_lines();
        line->set_function_index(d->function_table_size() - 1);
        line->set_line(7);
      }
      locations.push_back(it->second);
    }
    auto* stack = d->add_stack_table();
    for (size_t i = locations.size(); i-- > 0;) stack->add_location_indices(locations[i]);
    return d->stack_table_size() - 1;
  }
  otlp::ResourceProfiles& Resource(
      const std::vector<std::pair<std::string, std::string>>& attributes) {
    auto& resource = *request.add_resource_profiles();
    for (const auto& [key, value] : attributes) {
      auto* attribute = resource.mutable_resource()->add_attributes();
      attribute->set_key(key);
      attribute->mutable_value()->set_string_value(value);
    }
    return resource;
  }
  otlp::Profile& Profile(otlp::ResourceProfiles& resource, const std::string& type,
                         const std::string& unit, const std::string& period_type = "",
                         const std::string& period_unit = "", int64_t period = 0) {
    if (resource.scope_profiles_size() == 0) resource.add_scope_profiles();
    auto& profile = *resource.mutable_scope_profiles(0)->add_profiles();
    profile.mutable_sample_type()->set_type_strindex(Text(type));
    profile.mutable_sample_type()->set_unit_strindex(Text(unit));
    if (!period_type.empty()) {
      profile.mutable_period_type()->set_type_strindex(Text(period_type));
      profile.mutable_period_type()->set_unit_strindex(Text(period_unit));
    }
    profile.set_period(period);
    profile.set_time_unix_nano(1'764'000'000'000'000'000);
    profile.set_duration_nano(5'000'000'000);
    return profile;
  }
  otlp::Sample& Sample(otlp::Profile& profile, const std::vector<std::string>& frames,
                       const std::vector<int64_t>& values) {
    int stack = Stack(frames);
    auto& sample = *profile.add_samples();
    sample.set_stack_index(stack);
    for (int64_t value : values) sample.add_values(value);
    return sample;
  }
  std::string Bytes() const { return request.SerializeAsString(); }

  otlp::ExportProfilesServiceRequest request;

 private:
  std::map<std::string, int> texts_, frames_;
};

}  // namespace anneal
