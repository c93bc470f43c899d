#include "base/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <unordered_map>

#include "base/mutex.h"

namespace anneal {
namespace {

class CounterHandle : public Metrics::Counter {
 public:
  explicit CounterHandle(prometheus::Counter& counter) : counter_(counter) {}
  void Add(double amount) override { counter_.Increment(amount); }
  double Value() const override { return counter_.Value(); }

 private:
  prometheus::Counter& counter_;
};

class GaugeHandle : public Metrics::Gauge {
 public:
  explicit GaugeHandle(prometheus::Gauge& gauge) : gauge_(gauge) {}
  void Set(double value) override { gauge_.Set(value); }
  void Add(double amount) override { gauge_.Increment(amount); }
  double Value() const override { return gauge_.Value(); }

 private:
  prometheus::Gauge& gauge_;
};

class HistogramHandle : public Metrics::Histogram {
 public:
  explicit HistogramHandle(prometheus::Histogram& histogram) : histogram_(histogram) {}
  void Observe(double value) override { histogram_.Observe(value); }

 private:
  prometheus::Histogram& histogram_;
};

}  // namespace

struct Metrics::Impl {
  // The handle for one prometheus metric; the registry itself deduplicates by name and labels.
  template <typename Handle, typename Metric>
  Handle& HandleOf(std::unordered_map<Metric*, std::unique_ptr<Handle>>& handles, Metric& metric) {
    MutexLock lock(mutex);
    std::unique_ptr<Handle>& handle = handles[&metric];
    if (!handle) handle = std::make_unique<Handle>(metric);
    return *handle;
  }

  prometheus::Registry registry{prometheus::Registry::InsertBehavior::Merge};
  Mutex mutex;
  std::unordered_map<prometheus::Counter*, std::unique_ptr<CounterHandle>> counters;
  std::unordered_map<prometheus::Gauge*, std::unique_ptr<GaugeHandle>> gauges;
  std::unordered_map<prometheus::Histogram*, std::unique_ptr<HistogramHandle>> histograms;
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

Metrics::Counter& Metrics::GetCounter(const std::string& name, const std::string& help,
                                      const LabelSet& labels) {
  auto& family = prometheus::BuildCounter().Name(name).Help(help).Register(impl_->registry);
  return impl_->HandleOf(impl_->counters, family.Add(labels));
}

Metrics::Gauge& Metrics::GetGauge(const std::string& name, const std::string& help,
                                  const LabelSet& labels) {
  auto& family = prometheus::BuildGauge().Name(name).Help(help).Register(impl_->registry);
  return impl_->HandleOf(impl_->gauges, family.Add(labels));
}

Metrics::Histogram& Metrics::GetHistogram(const std::string& name, const std::string& help,
                                          const std::vector<double>& bounds,
                                          const LabelSet& labels) {
  auto& family = prometheus::BuildHistogram().Name(name).Help(help).Register(impl_->registry);
  return impl_->HandleOf(impl_->histograms, family.Add(labels, bounds));
}

std::string Metrics::Render() const {
  return prometheus::TextSerializer().Serialize(impl_->registry.Collect());
}

}  // namespace anneal
