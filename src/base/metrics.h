// Counters, gauges and histograms for /metrics, in Prometheus's model.
// Names: anneal_<noun>_<unit>[_total]; see https://prometheus.io/docs/practices/naming/.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace anneal {

// A set of metrics. Thread-safe. Handles returned stay valid as long as the Metrics object;
// asking again with the same name and labels returns the same metric, so look up once and keep.
class Metrics {
 public:
  using LabelSet = std::map<std::string, std::string>;

  class Counter {
   public:
    virtual ~Counter() = default;
    virtual void Add(double amount) = 0;
    virtual double Value() const = 0;
  };
  class Gauge {
   public:
    virtual ~Gauge() = default;
    virtual void Set(double value) = 0;
    virtual void Add(double amount) = 0;
    virtual double Value() const = 0;
  };
  class Histogram {
   public:
    virtual ~Histogram() = default;
    virtual void Observe(double value) = 0;
  };

  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  Counter& GetCounter(const std::string& name, const std::string& help,
                      const LabelSet& labels = {});
  Gauge& GetGauge(const std::string& name, const std::string& help, const LabelSet& labels = {});
  // `bounds`: upper bounds of the buckets, rising, in the metric's unit; +Inf is added.
  Histogram& GetHistogram(const std::string& name, const std::string& help,
                          const std::vector<double>& bounds, const LabelSet& labels = {});

  // The text exposition format, version 0.0.4.
  std::string Render() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace anneal
