// What all turns of one loop share.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cli/context.h"
#include "cli/interrupt.h"
#include "cli/loop_config.h"
#include "collect/connect_call.h"

namespace anneal {

class Server;

struct LoopRun {
  const LoopConfig& config;
  CliContext& context;
  const InterruptScope& interrupt;
  ServerAddress profile_server;                 // where profiles are pushed and merged
  std::optional<ServerAddress> publish_server;  // where records go; none: nowhere
  std::shared_ptr<Server> server;               // our own, when the config names none

  // Progress: one line on stderr, whether it is a terminal or not; the loop takes minutes.
  void Say(std::string_view line) const;
  // A line that the next one overwrites; on terminals only.
  void SayInPlace(std::string_view line) const;
  // A path in the work directory.
  std::string WorkPath(std::string_view name) const;
};

}  // namespace anneal
