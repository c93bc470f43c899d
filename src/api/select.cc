// The calls that merge: SelectMergeProfile, SelectMergeStacktraces, Diff.
#include <querier/v1/querier.pb.h>

#include <protozero/pbf_writer.hpp>

#include "api/flame_encode.h"
#include "api/profile_id.h"
#include "api/querier.h"
#include "api/request_message.h"
#include "api/stack_selector.h"
#include "profile/dot.h"
#include "profile/flame_tree.h"
#include "profile/merge.h"
#include "profile/pprof.h"
#include "profile/rejoin.h"

namespace anneal {
namespace {

using querier::v1::SelectMergeStacktracesRequest;

using Texts = google::protobuf::RepeatedPtrField<std::string>;

// What of the selected series counts: profiles, spans and traces by their ids.
Status AddIds(const Texts& profiles, const Texts& spans, const Texts& traces,
              Selection& selection) {
  if (!spans.empty() && !traces.empty()) {
    return InvalidArgument("span_selector and trace_id_selector cannot be combined");
  }
  for (const std::string& text : profiles) {
    ASSIGN_OR_RETURN(ProfileUuid id, ParseProfileId(text));
    selection.profile_ids.push_back(id);
  }
  for (const std::string& text : spans) {
    std::optional<SpanId> id = ParseSpanId(text);
    if (!id) {
      return InvalidArgument("span_selector: `{}` is no span id of 16 hexadecimal digits",
                             text.substr(0, 64));
    }
    selection.span_ids.push_back(*id);
  }
  for (const std::string& text : traces) {
    std::optional<TraceId> id = ParseTraceId(text);
    if (!id) {
      return InvalidArgument("trace_id_selector: `{}` is no trace id of 32 hexadecimal digits",
                             text.substr(0, 64));
    }
    selection.trace_ids.push_back(*id);
  }
  return {};
}

const Texts& SpansOf(const SelectMergeStacktracesRequest& in) { return in.span_selector(); }
const Texts& SpansOf(const querier::v1::SelectMergeProfileRequest&) {
  static const Texts* const none = new Texts();
  return *none;
}

template <typename Request>
Result<Profile> SelectedProfile(const QueryContext& context, const Request& in) {
  ASSIGN_OR_RETURN(Selection selection, CheckSelection(context, in.profile_typeid(),
                                                       in.label_selector(), in.start(), in.end()));
  TRY(AddIds(in.profile_id_selector(), SpansOf(in), in.trace_id_selector(), selection));
  ASSIGN_OR_RETURN(Profile profile, context.store.Merge(selection));
  if (profile.SampleCount() == 0) return Canonical(profile);
  const types::v1::StackTraceSelector& stacks = in.stack_trace_selector();
  if (stacks.rejoin_truncated()) profile = RejoinStacks(profile);
  if (stacks.has_go_pgo()) {
    return SelectGoPgo(
        profile, stacks.go_pgo().keep_locations(),
        stacks.go_pgo().aggregate_callees() ? CalleeLines::kAggregate : CalleeLines::kKeep);
  }
  if (stacks.call_site_size() > 0) {
    std::vector<std::string> call_site;
    for (const types::v1::Location& frame : stacks.call_site()) call_site.push_back(frame.name());
    return SelectCallSite(profile, call_site);
  }
  return profile;
}

// How many nodes a flame graph may have.
Result<size_t> NodesOf(const SelectMergeStacktracesRequest& in, const Limits& limits) {
  int64_t nodes = in.max_nodes();
  if (nodes < 0) return InvalidArgument("max_nodes is {}; it must not be negative", nodes);
  if (nodes == 0) nodes = limits.default_flame_nodes;
  if (limits.max_flame_nodes != 0 && nodes > limits.max_flame_nodes) {
    return InvalidArgument("max_nodes is {}; limits.flame_nodes allows {}", nodes,
                           limits.max_flame_nodes);
  }
  return static_cast<size_t>(nodes);
}

Status CheckStacktracesRequest(const SelectMergeStacktracesRequest& in) {
  if (in.async().request_id().empty() &&
      in.async().type() == querier::v1::ASYNC_QUERY_TYPE_DISABLED) {
    return {};
  }
  return Error(Code::kUnimplemented, "async of type {} is not supported here; leave `async` out",
               static_cast<int>(in.async().type()));
}

Result<FlameTree> SelectedTree(const QueryContext& context, const SelectMergeStacktracesRequest& in,
                               size_t max_nodes) {
  ASSIGN_OR_RETURN(Profile profile, SelectedProfile(context, in));
  FlameTree tree = FlameTree::Build(profile, 0, FrameNames::kShort);
  tree.Truncate(max_nodes);
  return tree;
}

}  // namespace

Result<std::string> SelectMergeProfileCall(const QueryContext& context, std::string_view request) {
  ASSIGN_OR_RETURN(auto in, ParseRequest<querier::v1::SelectMergeProfileRequest>(request));
  ASSIGN_OR_RETURN(Profile profile, SelectedProfile(context, in));
  return EncodePprof(profile);
}

Result<std::string> SelectMergeStacktracesCall(const QueryContext& context,
                                               std::string_view request) {
  ASSIGN_OR_RETURN(auto in, ParseRequest<SelectMergeStacktracesRequest>(request));
  TRY(CheckStacktracesRequest(in));
  ASSIGN_OR_RETURN(size_t max_nodes, NodesOf(in, context.limits));
  std::string out;
  protozero::pbf_writer response(out);
  switch (in.format()) {
    case querier::v1::PROFILE_FORMAT_UNSPECIFIED:
    case querier::v1::PROFILE_FORMAT_FLAMEGRAPH: {
      ASSIGN_OR_RETURN(FlameTree tree, SelectedTree(context, in, max_nodes));
      response.add_message(1, EncodeFlameGraph(ToFlameGraph(tree)));
      return out;
    }
    case querier::v1::PROFILE_FORMAT_TREE: {
      ASSIGN_OR_RETURN(FlameTree tree, SelectedTree(context, in, max_nodes));
      const std::string bytes = EncodeTree(tree);
      if (!bytes.empty()) response.add_bytes(2, bytes);  // JSON would show it
      return out;
    }
    case querier::v1::PROFILE_FORMAT_PPROF: {
      ASSIGN_OR_RETURN(Profile profile, SelectedProfile(context, in));
      std::string pprof = EncodePprof(profile);
      {
        // The length is filled in when the inner writer ends.
        protozero::pbf_writer inner(response, 5);
        inner.add_message(1, pprof);
      }
      return out;
    }
    case querier::v1::PROFILE_FORMAT_DOT: {
      ASSIGN_OR_RETURN(Profile profile, SelectedProfile(context, in));
      DotOptions options{.title = in.profile_typeid()};
      if (in.max_nodes() != 0) options.max_nodes = max_nodes;
      response.add_string(3, EncodeDot(profile, 0, options));
      return out;
    }
    default:
      return Error(Code::kUnimplemented,
                   "format {} is not supported; use FLAMEGRAPH, TREE, DOT or PPROF",
                   static_cast<int>(in.format()));
  }
}

// Deprecated in favour of SelectMergeStacktraces with a span_selector, and the same.
Result<std::string> SelectMergeSpanProfileCall(const QueryContext& context,
                                               std::string_view request) {
  ASSIGN_OR_RETURN(auto in, ParseRequest<querier::v1::SelectMergeSpanProfileRequest>(request));
  if (in.format() != querier::v1::PROFILE_FORMAT_UNSPECIFIED &&
      in.format() != querier::v1::PROFILE_FORMAT_FLAMEGRAPH &&
      in.format() != querier::v1::PROFILE_FORMAT_TREE) {
    return Error(Code::kUnimplemented, "format {} is not supported; use FLAMEGRAPH or TREE",
                 static_cast<int>(in.format()));
  }
  SelectMergeStacktracesRequest stacks;
  stacks.set_profile_typeid(in.profile_typeid());
  stacks.set_label_selector(in.label_selector());
  stacks.set_start(in.start());
  stacks.set_end(in.end());
  if (in.has_max_nodes()) stacks.set_max_nodes(in.max_nodes());
  stacks.set_format(in.format());
  *stacks.mutable_span_selector() = in.span_selector();
  // The answers' fields have the same numbers.
  return SelectMergeStacktracesCall(context, stacks.SerializeAsString());
}

Result<std::string> DiffCall(const QueryContext& context, std::string_view request) {
  ASSIGN_OR_RETURN(auto in, ParseRequest<querier::v1::DiffRequest>(request));
  ASSIGN_OR_RETURN(size_t left_nodes, NodesOf(in.left(), context.limits));
  ASSIGN_OR_RETURN(size_t right_nodes, NodesOf(in.right(), context.limits));
  TRY(CheckStacktracesRequest(in.left()));
  TRY(CheckStacktracesRequest(in.right()));
  // Whole trees first: cut on one side only, a node would seem to vanish on the other.
  ASSIGN_OR_RETURN(FlameTree left, SelectedTree(context, in.left(), 0));
  ASSIGN_OR_RETURN(FlameTree right, SelectedTree(context, in.right(), 0));
  std::string out;
  protozero::pbf_writer(out).add_message(
      1, EncodeFlameGraphDiff(left, right, std::max(left_nodes, right_nodes)));
  return out;
}

}  // namespace anneal
