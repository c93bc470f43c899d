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

// Merges the profiles of these ids only; without ids, all.
Result<Profile> MergeSelected(const QueryContext& context, Selection selection,
                              const google::protobuf::RepeatedPtrField<std::string>& ids) {
  if (ids.empty()) return context.store.Merge(selection);
  std::vector<ProfileUuid> wanted;
  for (const std::string& text : ids) {
    ASSIGN_OR_RETURN(ProfileUuid id, ParseProfileId(text));
    wanted.push_back(id);
  }
  selection.profile_ids = std::move(wanted);
  return context.store.Merge(selection);
}

template <typename Request>
Result<Profile> SelectedProfile(const QueryContext& context, const Request& in) {
  ASSIGN_OR_RETURN(Selection selection, CheckSelection(context, in.profile_typeid(),
                                                       in.label_selector(), in.start(), in.end()));
  if (in.trace_id_selector_size() > 0) {
    return Error(Code::kUnimplemented, "trace_id_selector is not supported");
  }
  ASSIGN_OR_RETURN(Profile profile, MergeSelected(context, selection, in.profile_id_selector()));
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
    return InvalidArgument("max_nodes is {}; max_flame_nodes allows {}", nodes,
                           limits.max_flame_nodes);
  }
  return static_cast<size_t>(nodes);
}

Status CheckStacktracesRequest(const SelectMergeStacktracesRequest& in) {
  if (in.has_async()) {
    return Error(Code::kUnimplemented, "async queries are not supported; leave `async` out");
  }
  if (in.span_selector_size() > 0) {
    return Error(Code::kUnimplemented, "span_selector is not supported");
  }
  return {};
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
      response.add_bytes(2, EncodeTree(tree));
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
