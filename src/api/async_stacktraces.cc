// SelectMergeStacktraces with `async`: FORCE begins the query and answers with its id; a request
// with that id, whatever else is in it, answers how far it is and, at the end, with the result.
#include <querier/v1/querier.pb.h>

#include <protozero/pbf_writer.hpp>

#include "api/async_queries.h"
#include "api/querier.h"
#include "api/request_message.h"
#include "store/query_control.h"

namespace anneal {
namespace {

using querier::v1::SelectMergeStacktracesRequest;

// Of memory, while a kept answer is being sent: the copy, the message parsed from it, and its JSON.
constexpr uint64_t kTakenPerByte = 4;

// A response's field `async`, to stand behind the fields of the result.
std::string AsyncField(const std::string& id, querier::v1::AsyncQueryStatus status,
                       const std::string& error) {
  querier::v1::AsyncQueryResponse async;
  async.set_request_id(id);
  async.set_status(status);
  async.set_error_message(error);
  std::string field;
  protozero::pbf_writer(field).add_message(4, async.SerializeAsString());
  return field;
}

Result<std::string> Begin(const QueryContext& context, SelectMergeStacktracesRequest in) {
  in.clear_async();
  ASSIGN_OR_RETURN(
      const std::string id,
      context.async->Submit(context.tenant, [context, request = in.SerializeAsString()](
                                                std::shared_ptr<QueryControl> control) {
        QueryContext own = context;
        own.control = std::move(control);
        return SelectMergeStacktracesCall(own, request);
      }));
  return AsyncField(id, querier::v1::ASYNC_QUERY_STATUS_IN_PROGRESS, {});
}

Result<std::string> Poll(const QueryContext& context, const std::string& id) {
  ASSIGN_OR_RETURN(const AsyncAnswer answer, context.async->Poll(context.tenant, id));
  if (!answer) return AsyncField(id, querier::v1::ASYNC_QUERY_STATUS_IN_PROGRESS, {});
  if (!answer->ok()) {
    return AsyncField(id, querier::v1::ASYNC_QUERY_STATUS_FAILURE, answer->status().message());
  }
  const std::string& result = *answer->value();
  // Until the control ends, which is after the conversion: many clients may fetch at once.
  if (context.control != nullptr) TRY(context.control->Take(kTakenPerByte * result.size()));
  return result + AsyncField(id, querier::v1::ASYNC_QUERY_STATUS_SUCCESS, {});
}

}  // namespace

Result<std::string> AsyncStacktracesCall(const QueryContext& context, std::string_view request) {
  ASSIGN_OR_RETURN(auto in, ParseRequest<SelectMergeStacktracesRequest>(request));
  if (context.async == nullptr || !in.has_async()) {
    return SelectMergeStacktracesCall(context, request);
  }
  if (!in.async().request_id().empty()) return Poll(context, in.async().request_id());
  if (in.async().type() == querier::v1::ASYNC_QUERY_TYPE_FORCE) {
    return Begin(context, std::move(in));
  }
  return SelectMergeStacktracesCall(context, request);
}

}  // namespace anneal
