// The corpus of real profiles, for tests.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/fs.h"
#include "profile/pprof.h"

namespace anneal {

struct CorpusFile {
  std::string name;
  std::string bytes;  // gzipped pprof
};

inline const std::vector<CorpusFile>& Corpus() {
  static const std::vector<CorpusFile> files = [] {
    std::vector<CorpusFile> out;
    const std::string dir = ANNEAL_SOURCE_DIR "/tests/corpus";
    const std::vector<std::string> names = Fs::System().ListDir(dir).value();
    for (const std::string& name : names) {
      if (!name.ends_with(".cpuprof")) continue;
      out.push_back({name, Fs::System().ReadFile(dir + "/" + name).value()});
    }
    return out;
  }();
  return files;
}

inline Profile CorpusProfile(size_t i) { return DecodePprof(Corpus()[i].bytes).value(); }

}  // namespace anneal
