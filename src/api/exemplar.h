// Exemplars: single profiles, or spans, that stand for a point of a chart.
#pragma once

#include <types/v1/types.pb.h>

#include <span>
#include <string>

#include "store/labels.h"
#include "store/store.h"

namespace anneal {

// `labels` without those in `group_by`, which the point's series shows.
types::v1::Exemplar ToExemplar(const SeriesPoint& point, const LabelSet& labels,
                               std::span<const std::string> group_by);
types::v1::Exemplar ToExemplar(const SpanPoint& point, const LabelSet& labels,
                               std::span<const std::string> group_by);

// Those of `labels` that are in `group_by`, in their order.
LabelSet Group(const LabelSet& labels, std::span<const std::string> group_by);

// Writes a label set into a message's field `labels`.
template <typename Message>
void AddLabels(const LabelSet& labels, Message& message) {
  for (const LabelPair& label : labels) {
    types::v1::LabelPair* pair = message.add_labels();
    pair->set_name(label.name);
    pair->set_value(label.value);
  }
}

}  // namespace anneal
