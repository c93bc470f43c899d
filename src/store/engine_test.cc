#include <filesystem>

#include "store/conformance.h"
#include "store/embedded.h"
#include "store/temp_dir_for_test.h"

namespace anneal {
namespace {

constexpr int64_t kEpochNs = int64_t{3600} * 1'000'000'000;

class EmbeddedPlace : public StorePlace {
 public:
  Store& Open() override {
    store_.reset();
    EmbeddedOptions options;
    options.directory = dir_.path();
    options.epoch_ns = kEpochNs;
    options.query_threads = 4;  // whatever the machine has
    Result<std::unique_ptr<Store>> opened = OpenEmbedded(options);
    if (!opened.ok()) ADD_FAILURE() << opened.status().ToString();
    store_ = std::move(opened).value();
    return *store_;
  }

 private:
  TempDir dir_;
  std::unique_ptr<Store> store_;
};

INSTANTIATE_TEST_SUITE_P(Embedded, StoreConformance,
                         testing::Values(StoreFactory{
                             "embedded", [] { return std::make_unique<EmbeddedPlace>(); },
                             kEpochNs}));

}  // namespace
}  // namespace anneal
