#include "cli/query_list.h"

#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/exit_status.h"
#include "cli/json_output.h"
#include "cli/text_table.h"
#include "cli/top_functions.h"
#include "collect/client.h"

namespace anneal {
namespace {

using Json = nlohmann::ordered_json;

// Everything a listing needs, made from flags. Runs `list` with it.
template <typename List>
int WithServer(const ListArgs& args, std::string_view command, CliContext& context,
               const List& list) {
  Result<QueryWindow> window = ResolveWindow(args.query, context);
  if (!window.ok()) return ReportUsage(context, command, window.status());
  Result<ServerAddress> server = ResolveServer(args.query.server, context);
  if (!server.ok()) return ReportUsage(context, command, server.status());
  ProfileClient client(context.http, *server);
  Status status = list(client, *window);
  return status.ok() ? kExitOk : ReportFailure(context, command, status);
}

std::vector<std::string> Matchers(const ListArgs& args) {
  return args.query.query == "{}" ? std::vector<std::string>{}
                                  : std::vector<std::string>{args.query.query};
}

void PrintNames(std::vector<std::string> names, const ListArgs& args, CliContext& context) {
  std::sort(names.begin(), names.end());
  if (args.json) {
    context.out << DumpJson(Json(names)) << "\n";
  } else {
    for (const std::string& name : names) context.out << name << "\n";
  }
  if (names.empty()) context.err << "nothing in this window\n";
}

std::string LabelsText(const LabelList& labels) {
  std::vector<std::string> parts;
  // JSON quotes as Prometheus does.
  for (const auto& [name, value] : labels) parts.push_back(name + "=" + DumpJsonLine(Json(value)));
  return fmt::format("{{{}}}", fmt::join(parts, ", "));
}

Json LabelsJson(const LabelList& labels) {
  Json object = Json::object();
  for (const auto& [name, value] : labels) object[name] = value;
  return object;
}

// The unit of "process_cpu:cpu:nanoseconds:cpu:nanoseconds" is its third part.
std::string UnitOfType(const std::string& profile_type) {
  size_t begin = profile_type.find(':');
  if (begin != std::string::npos) begin = profile_type.find(':', begin + 1);
  if (begin == std::string::npos) return "";
  return profile_type.substr(begin + 1, profile_type.find(':', begin + 1) - begin - 1);
}

struct SeriesTotal {
  LabelList labels;
  double total = 0;
};

void PrintTop(const std::vector<SeriesTotal>& rows, const ListArgs& args, CliContext& context) {
  size_t shown = args.limit == 0 ? rows.size() : std::min(args.limit, rows.size());
  double all = 0;
  for (const SeriesTotal& row : rows) all += row.total;
  if (args.json) {
    Json json = {{"profile_type", args.query.profile_type},
                 {"unit", UnitOfType(args.query.profile_type)},
                 {"series_total", rows.size()},
                 {"series", Json::array()}};
    for (const SeriesTotal& row : std::span(rows).first(shown)) {
      json["series"].push_back({{"labels", LabelsJson(row.labels)}, {"total", row.total}});
    }
    context.out << DumpJson(json) << "\n";
    return;
  }
  TextTable table(
      {{"TOTAL", TextTable::Align::kRight}, {"SHARE", TextTable::Align::kRight}, {"SERIES"}});
  for (const SeriesTotal& row : std::span(rows).first(shown)) {
    table.AddRow({ValueText(row.total, UnitOfType(args.query.profile_type)),
                  all == 0 ? "" : fmt::format("{:.1f}%", 100 * row.total / all),
                  LabelsText(row.labels)});
  }
  context.out << table.Render();
  if (shown < rows.size()) {
    context.err << fmt::format("showing {} of {} series, --limit 0 for all\n", shown, rows.size());
  }
}

}  // namespace

int RunProfileTypes(const ListArgs& args, CliContext& context) {
  return WithServer(args, "query profile-types", context,
                    [&](ProfileClient& client, const QueryWindow& window) -> Status {
                      ASSIGN_OR_RETURN(std::vector<ProfileTypeInfo> types,
                                       client.ProfileTypes(window));
                      std::vector<std::string> ids;
                      for (const ProfileTypeInfo& type : types) ids.push_back(type.id);
                      PrintNames(std::move(ids), args, context);
                      return {};
                    });
}

int RunLabelNames(const ListArgs& args, CliContext& context) {
  return WithServer(args, "query label-names", context,
                    [&](ProfileClient& client, const QueryWindow& window) -> Status {
                      ASSIGN_OR_RETURN(std::vector<std::string> names,
                                       client.LabelNames(window, Matchers(args)));
                      PrintNames(std::move(names), args, context);
                      return {};
                    });
}

int RunLabelValues(const ListArgs& args, CliContext& context) {
  return WithServer(args, "query label-values", context,
                    [&](ProfileClient& client, const QueryWindow& window) -> Status {
                      ASSIGN_OR_RETURN(std::vector<std::string> values,
                                       client.LabelValues(args.label, window, Matchers(args)));
                      PrintNames(std::move(values), args, context);
                      return {};
                    });
}

int RunSeries(const ListArgs& args, CliContext& context) {
  return WithServer(args, "query series", context,
                    [&](ProfileClient& client, const QueryWindow& window) -> Status {
                      ASSIGN_OR_RETURN(std::vector<LabelList> sets,
                                       client.Series(window, Matchers(args), args.label_names));
                      if (args.json) {
                        Json json = Json::array();
                        for (const LabelList& labels : sets) json.push_back(LabelsJson(labels));
                        context.out << DumpJson(json) << "\n";
                      } else {
                        for (const LabelList& labels : sets)
                          context.out << LabelsText(labels) << "\n";
                      }
                      if (sets.empty()) context.err << "no series in this window\n";
                      return {};
                    });
}

int RunTop(const ListArgs& args, CliContext& context) {
  return WithServer(
      args, "query top", context, [&](ProfileClient& client, const QueryWindow& window) -> Status {
        SeriesQuery query{.profile_type = args.query.profile_type,
                          .selector = args.query.query,
                          .window = window,
                          .group_by = args.label_names};
        // One step as long as the window. The point at its start sums what came before it.
        query.step_s = std::max(1e-3, double(window.end_ms - window.start_ms) / 1e3);
        ASSIGN_OR_RETURN(std::vector<PointsOfSeries> all, client.SelectSeries(query));
        std::vector<SeriesTotal> rows;
        for (PointsOfSeries& series : all) {
          SeriesTotal row{.labels = std::move(series.labels)};
          bool any = false;
          for (const PointsOfSeries::Point& point : series.points) {
            if (point.time_ms <= window.start_ms) continue;
            row.total += point.value;
            any = true;
          }
          if (any) rows.push_back(std::move(row));
        }
        std::sort(rows.begin(), rows.end(), [](const SeriesTotal& a, const SeriesTotal& b) {
          return a.total != b.total ? a.total > b.total : a.labels < b.labels;
        });
        PrintTop(rows, args, context);
        if (rows.empty()) context.err << "no series in this window\n";
        return {};
      });
}

}  // namespace anneal
