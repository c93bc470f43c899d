// The profile module against google/pprof: each operation is done by both on the same bytes, both
// results are written out as text that knows no ids, and the texts must agree to the byte.
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/fs.h"
#include "base/process.h"
#include "profile/corpus_for_test.h"
#include "profile/filter.h"
#include "profile/merge.h"
#include "profile/pprof.h"
#include "profile/shapes_for_test.h"

namespace anneal {
namespace {

// The twin of dump.go.
class Dumper {
 public:
  Dumper(const Profile& profile, bool all_mappings) : p_(profile), all_mappings_(all_mappings) {}

  std::string Run() {
    std::string out;
    for (const ValueType& t : p_.sample_types) out += "sample_type " + TypeText(t);
    out += "period_type " + TypeText(p_.period_type);
    out += fmt::format("period {} time {} duration {}\n", p_.period, p_.time_ns, p_.duration_ns);
    out += fmt::format("drop {} keep {} default {} doc {}\n", Text(p_.drop_frames),
                       Text(p_.keep_frames), Text(p_.default_sample_type), Text(p_.doc_url));
    for (StringId c : p_.comments) lines_.push_back(fmt::format("comment {}", Text(c)));
    AddEntities();
    for (size_t s = 0; s < p_.SampleCount(); ++s) lines_.push_back(SampleText(s));
    std::sort(lines_.begin(), lines_.end());
    for (const std::string& line : lines_) out += line + "\n";
    return out;
  }

 private:
  std::string_view Text(StringId id) const { return p_.Text(id); }
  std::string TypeText(const ValueType& t) const {
    return fmt::format("{}/{}\n", Text(t.type), Text(t.unit));
  }
  std::string MappingText(const Mapping& m) const {
    return fmt::format("{:x} {:x} {} {}", m.start, m.offset, Text(m.file), Text(m.build_id));
  }
  std::string FunctionText(const Function& f) const {
    return fmt::format("{}|{}|{}|{}", Text(f.name), Text(f.system_name), Text(f.file),
                       f.start_line);
  }
  std::string LocationText(const Location& l) const {
    std::string text = fmt::format("{:x} folded {}", l.address, l.is_folded);
    if (l.mapping != MappingId::kNone) text += " in " + MappingText(p_.mappings[Index(l.mapping)]);
    for (uint32_t i = l.lines_begin; i < l.lines_end; ++i) {
      const Line& line = p_.lines[i];
      text += fmt::format(" {{{}:{}:{}}}", FunctionText(p_.functions[Index(line.function)]),
                          line.line, line.column);
    }
    return text;
  }

  void AddEntities() {
    std::vector<bool> used(p_.mappings.size(), all_mappings_);
    for (const Location& l : p_.locations) {
      if (l.mapping != MappingId::kNone) used[Index(l.mapping)] = true;
      std::string text = LocationText(l);
      uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a
      for (char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3u;
      hashes_.push_back(hash);
      lines_.push_back("location " + text);
    }
    for (size_t i = 0; i < p_.mappings.size(); ++i) {
      const Mapping& m = p_.mappings[i];
      if (!used[i]) continue;
      lines_.push_back(fmt::format("mapping {} {:x} {} {} {} {}", MappingText(m), m.limit,
                                   m.has_functions, m.has_filenames, m.has_line_numbers,
                                   m.has_inline_frames));
    }
    for (const Function& f : p_.functions) lines_.push_back("function " + FunctionText(f));
  }

  std::string SampleText(size_t s) const {
    std::string text = "sample";
    for (int64_t v : p_.Values(s)) text += fmt::format(" {}", v);
    std::vector<std::string> labels;
    for (const Label& l : p_.Labels(s)) {
      labels.push_back(l.str != StringId::kEmpty
                           ? fmt::format(" {}={}", Text(l.key), Text(l.str))
                           : fmt::format(" {}={}{}", Text(l.key), l.num, Text(l.num_unit)));
    }
    std::sort(labels.begin(), labels.end());
    for (const std::string& label : labels) text += label;
    text += " at";
    for (LocationId id : p_.Stack(s)) text += fmt::format(" {:016x}", hashes_[Index(id)]);
    return text;
  }

  const Profile& p_;
  bool all_mappings_;
  std::vector<std::string> lines_;
  std::vector<uint64_t> hashes_;
};

struct Input {
  std::string path;
  Profile profile;
};

// Collects operations, has the oracle do them all in one run, then compares.
class OracleTest : public testing::Test {
 protected:
  void SetUp() override {
    dir_ = testing::TempDir() + fmt::format("anneal_oracle_{}", getpid());
    std::filesystem::create_directories(dir_);
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  static Input FromCorpus(size_t i) {
    return {ANNEAL_SOURCE_DIR "/tests/corpus/" + Corpus()[i].name, CorpusProfile(i)};
  }
  Input FromShape(Shape shape, uint32_t seed) {
    Input in{fmt::format("{}/{}_{}.pprof", dir_, ShapeName(shape), seed), MakeProfile(shape, seed)};
    EXPECT_TRUE(Fs::System().WriteFileAtomic(in.path, EncodePprof(in.profile)).ok());
    return in;
  }
  // Some of the corpus, and each shape.
  std::vector<Input> Some() {
    std::vector<Input> out;
    for (size_t i = 0; i < Corpus().size(); i += 23) out.push_back(FromCorpus(i));
    for (Shape shape : kShapes) out.push_back(FromShape(shape, 1));
    return out;
  }

  void Expect(const std::string& op, const std::string& parameter, std::vector<std::string> paths,
              const Profile& ours) {
    std::string out = fmt::format("{}/{}.txt", dir_, wanted_.size());
    script_ += fmt::format("{}\t{}\t{}", op, out, parameter);
    for (const std::string& path : paths) script_ += "\t" + path;
    script_ += "\n";
    wanted_.push_back(
        {op + " " + parameter + " " + paths[0], out, Dumper(ours, op == "decode").Run()});
  }

  void Compare() {
    Command command;
    command.argv = {ANNEAL_BINARY_DIR "/tests/pprof_oracle", "run"};
    command.stdin_stream = Command::Stream::kPipe;
    Result<RunOutput> run = Process::System().Run(command, script_, 0);
    ASSERT_TRUE(run.ok()) << run.status().ToString();
    ASSERT_TRUE(run->exit.ok()) << run->exit.ToString() << run->err;
    ASSERT_FALSE(wanted_.empty());
    for (const Wanted& w : wanted_) {
      const std::string theirs = Fs::System().ReadFile(w.path).value();
      if (w.ours == theirs) continue;
      size_t at = static_cast<size_t>(
          std::mismatch(theirs.begin(), theirs.end(), w.ours.begin(), w.ours.end()).first -
          theirs.begin());
      size_t from = at - std::min<size_t>(at, 200);
      ADD_FAILURE() << w.what << "\nthe oracle: " << theirs.substr(from, 400)
                    << "\nanneal:     " << w.ours.substr(from, 400);
    }
  }

 private:
  struct Wanted {
    std::string what, path, ours;
  };
  std::string dir_, script_;
  std::vector<Wanted> wanted_;
};

TEST_F(OracleTest, Decode) {
  for (size_t i = 0; i < Corpus().size(); ++i) {
    Input in = FromCorpus(i);
    Expect("decode", "", {in.path}, in.profile);
  }
  for (Shape shape : kShapes) {
    for (uint32_t seed = 0; seed < 3; ++seed) {
      Input in = FromShape(shape, seed);
      Expect("decode", "", {in.path}, in.profile);
    }
  }
  Compare();
}

TEST_F(OracleTest, Merge) {
  auto expect = [&](const std::vector<Input>& inputs) {
    std::vector<std::string> paths;
    std::vector<Profile> profiles;
    for (const Input& in : inputs) {
      paths.push_back(in.path);
      profiles.push_back(in.profile);
    }
    Expect("merge", "", paths, MergeProfiles(profiles).value());
  };
  std::vector<Input> corpus;
  for (size_t i = 0; i < Corpus().size(); ++i) corpus.push_back(FromCorpus(i));
  expect(corpus);
  expect({corpus[4], corpus[90]});
  expect({corpus[7]});
  for (Shape shape : kShapes) {
    std::vector<Input> inputs;
    for (uint32_t seed = 0; seed < 6; ++seed) inputs.push_back(FromShape(shape, seed));
    expect(inputs);
    expect({inputs[2]});
  }
  Compare();
}

TEST_F(OracleTest, Diff) {
  auto expect = [&](const Input& a, const Input& b) {
    Expect("diff", "", {a.path, b.path}, DiffProfiles(a.profile, b.profile).value());
  };
  for (size_t i = 0; i + 1 < Corpus().size(); i += 20) expect(FromCorpus(i), FromCorpus(i + 1));
  for (Shape shape : kShapes) expect(FromShape(shape, 1), FromShape(shape, 2));
  Compare();
}

TEST_F(OracleTest, Scale) {
  for (const Input& in : Some()) {
    const std::vector<double> all = {0.25, 3, 1, -1, 0.001};
    std::vector<double> ratios(
        all.begin(), all.begin() + static_cast<ptrdiff_t>(in.profile.sample_types.size()));
    Expect("scale", fmt::format("{}", fmt::join(ratios, ",")), {in.path},
           ScaleProfile(in.profile, ratios));
  }
  Compare();
}

TEST_F(OracleTest, Filter) {
  struct Row {
    const char* op;
    std::string FilterOptions::* option;
  };
  const Row rows[] = {{"focus", &FilterOptions::focus},
                      {"ignore", &FilterOptions::ignore},
                      {"hide", &FilterOptions::hide},
                      {"show", &FilterOptions::show},
                      {"show_from", &FilterOptions::show_from}};
  // Names, files and mappings; a part, a whole, nothing; for producers of all shapes.
  const char* patterns[] = {"malloc|F1|lambda|handler_3|größe·5|M7", "(?i)SRC/|SERVICE1|mod2|p1/",
                            "^runtime\\.|/app/server|Module1", "\\.go$|java$|py$|js$|Class",
                            "no such name"};
  for (const Input& in : Some()) {
    for (const Row& row : rows) {
      for (const char* pattern : patterns) {
        FilterOptions options;
        options.*row.option = pattern;
        Expect(row.op, pattern, {in.path}, FilterProfile(in.profile, options).value());
      }
    }
  }
  Compare();
}

}  // namespace
}  // namespace anneal
