// What every Store must do, as tests. A backend's test file instantiates the suite:
//
//   INSTANTIATE_TEST_SUITE_P(Embedded, StoreConformance, testing::Values(StoreFactory{...}));
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "store/store.h"

namespace anneal {

// Makes stores over one place that outlives them, so that tests can open it again.
class StorePlace {
 public:
  virtual ~StorePlace() = default;
  // Closes what was opened before.
  virtual Store& Open() = 0;
};

struct StoreFactory {
  std::string name;
  std::function<std::unique_ptr<StorePlace>()> make;  // an empty place
  int64_t epoch_ns = 0;  // what lies in one such stretch of time is dropped together
};

class StoreConformance : public testing::TestWithParam<StoreFactory> {
 protected:
  void SetUp() override {
    place_ = GetParam().make();
    store_ = &place_->Open();
  }
  void Reopen() { store_ = &place_->Open(); }
  Store& store() { return *store_; }

 private:
  std::unique_ptr<StorePlace> place_;
  Store* store_ = nullptr;
};

}  // namespace anneal
