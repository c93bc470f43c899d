#include "api/selector.h"

#include <re2/re2.h>
#include <re2/set.h>

#include <charconv>

namespace anneal {
namespace {

// Of a selector. Each is a look at every series.
constexpr size_t kMostMatchers = 100;

bool IsNameStart(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

bool AppendUtf8(uint32_t code, std::string& out) {
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return false;
  auto put = [&](uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0 | code >> 6);
    put(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    put(0xe0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3f));
    put(0x80 | (code & 0x3f));
  } else {
    put(0xf0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3f));
    put(0x80 | (code >> 6 & 0x3f));
    put(0x80 | (code & 0x3f));
  }
  return true;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<Selector> Parse() {
    Selector selector;
    SkipSpace();
    if (AtEnd()) {
      return Fail("empty; write {} to select everything, or {service_name=\"…\"}");
    }
    if (Peek() != '{') {
      ASSIGN_OR_RETURN(selector.metric, ParseMetric());
      SkipSpace();
      if (AtEnd()) return selector;
    }
    if (Peek() != '{') return Fail("expected '{'");
    ++pos_;
    TRY(ParseBody(selector));
    SkipSpace();
    if (!AtEnd()) return Fail("nothing may follow the closing '}'");
    return selector;
  }

 private:
  Status ParseBody(Selector& selector) {
    while (true) {
      SkipSpace();
      if (AtEnd()) return Fail("missing '}'");
      if (Peek() == '}') {
        ++pos_;
        return {};
      }
      TRY(ParseMatcher(selector));
      SkipSpace();
      if (AtEnd()) return Fail("missing '}'");
      if (Peek() == ',') {
        ++pos_;
      } else if (Peek() != '}') {
        return Fail("expected ',' or '}' after a matcher");
      }
    }
  }

  Status ParseMatcher(Selector& selector) {
    LabelMatcher matcher;
    bool quoted = Peek() == '"' || Peek() == '\'' || Peek() == '`';
    if (quoted) {
      ASSIGN_OR_RETURN(matcher.name, ParseString());
    } else {
      ASSIGN_OR_RETURN(matcher.name, ParseName());
    }
    if (matcher.name.empty()) return Fail("a label's name is empty");
    SkipSpace();
    if (quoted && (AtEnd() || Peek() == ',' || Peek() == '}')) {
      // {"name"}: PromQL's way to quote a metric's name.
      if (!selector.metric.empty()) return Fail("a second metric name");
      selector.metric = std::move(matcher.name);
      return {};
    }
    TRY(ParseOp(matcher.op));
    SkipSpace();
    if (AtEnd() || (Peek() != '"' && Peek() != '\'' && Peek() != '`')) {
      return Fail("the value must be quoted, as in name=\"value\"");
    }
    size_t value_pos = pos_;
    ASSIGN_OR_RETURN(matcher.value, ParseString());
    if (matcher.op == LabelMatcher::Op::kMatch || matcher.op == LabelMatcher::Op::kNotMatch) {
      // A set reads a pattern without compiling it.
      RE2::Set patterns(RE2::Options(RE2::Quiet), RE2::ANCHOR_BOTH);
      std::string wrong;
      if (patterns.Add(matcher.value, &wrong) < 0) {
        pos_ = value_pos;
        return Fail(fmt::format("bad pattern for label {}: {}", matcher.name, wrong));
      }
    }
    if (selector.matchers.size() == kMostMatchers) {
      return Fail(fmt::format("more than {} matchers", kMostMatchers));
    }
    selector.matchers.push_back(std::move(matcher));
    return {};
  }

  Status ParseOp(LabelMatcher::Op& op) {
    std::string_view rest = text_.substr(pos_);
    using Op = LabelMatcher::Op;
    static constexpr std::pair<std::string_view, Op> kOps[] = {
        {"=~", Op::kMatch}, {"!~", Op::kNotMatch}, {"!=", Op::kNotEqual}, {"=", Op::kEqual}};
    for (const auto& [token, value] : kOps) {
      if (rest.substr(0, token.size()) == token) {
        op = value;
        pos_ += token.size();
        return {};
      }
    }
    return Fail("expected one of = != =~ !~");
  }

  Result<std::string> ParseName() {
    size_t begin = pos_;
    if (!IsNameStart(Peek())) return Fail("expected a label's name");
    while (!AtEnd() && (IsNameStart(Peek()) || IsDigit(Peek()))) ++pos_;
    if (!AtEnd() && (Peek() == '.' || Peek() == '-' || Peek() == '/' || Peek() == ':')) {
      return Fail("a name with other characters than [A-Za-z0-9_] must be quoted, as in {\"" +
                  std::string(text_.substr(begin, pos_ - begin)) + "…\"=\"x\"}");
    }
    return std::string(text_.substr(begin, pos_ - begin));
  }

  // A metric's name: letters, digits, '_', ':' and, since profile types carry them, '-', '.', '/'.
  Result<std::string> ParseMetric() {
    size_t begin = pos_;
    while (!AtEnd() && (IsNameStart(Peek()) || IsDigit(Peek()) || Peek() == ':' || Peek() == '-' ||
                        Peek() == '.' || Peek() == '/')) {
      ++pos_;
    }
    if (pos_ == begin) return Fail("expected '{'");
    return std::string(text_.substr(begin, pos_ - begin));
  }

  Result<std::string> ParseString() {
    size_t begin = pos_;
    char quote = text_[pos_++];
    std::string out;
    while (!AtEnd() && Peek() != quote) {
      char c = text_[pos_++];
      if (c == '\n' && quote != '`') {
        pos_ = begin;
        return Fail("a line ends inside quotes");
      }
      if (c != '\\' || quote == '`') {
        out.push_back(c);
      } else {
        TRY(ParseEscape(out));
      }
    }
    if (AtEnd()) {
      pos_ = begin;
      return Fail("unclosed quote");
    }
    ++pos_;
    return out;
  }

  // Go's escapes; pos_ is just past the backslash.
  Status ParseEscape(std::string& out) {
    if (AtEnd()) return Fail("unfinished escape");
    static constexpr std::string_view kFrom = "abfnrtv\\\"'";
    static constexpr std::string_view kTo = "\a\b\f\n\r\t\v\\\"'";
    char c = text_[pos_];
    if (size_t at = kFrom.find(c); at != std::string_view::npos) {
      out.push_back(kTo[at]);
      ++pos_;
      return {};
    }
    size_t digits = 0;
    int base = 16;
    if (c == 'x') digits = 2;
    if (c == 'u') digits = 4;
    if (c == 'U') digits = 8;
    if (c >= '0' && c <= '7') {
      digits = 3;
      base = 8;
    } else if (digits > 0) {
      ++pos_;
    }
    if (digits == 0) return Fail("unknown escape; write \\\\ for a backslash");
    uint32_t value = 0;
    std::string_view number = text_.substr(pos_, digits);
    auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value, base);
    if (number.size() != digits || error != std::errc() || end != number.data() + digits) {
      return Fail("bad number in an escape");
    }
    bool is_byte = digits <= 3;
    if (is_byte && value > 0xff) return Fail("bad number in an escape");
    if (is_byte) {
      out.push_back(static_cast<char>(value));
    } else if (!AppendUtf8(value, out)) {
      return Fail("an escape names no character");
    }
    pos_ += digits;
    return {};
  }

  void SkipSpace() {
    while (!AtEnd() && (IsSpace(Peek()) || Peek() == '#')) {
      if (Peek() == '#') {
        while (!AtEnd() && Peek() != '\n') ++pos_;
      } else {
        ++pos_;
      }
    }
  }

  Status Fail(std::string_view what) const {
    constexpr size_t kShown = 200;
    bool cut = text_.size() > kShown;
    return InvalidArgument("selector `{}{}`, position {}: {}", text_.substr(0, kShown),
                           cut ? "…" : "", pos_ + 1, what);
  }

  bool AtEnd() const { return pos_ >= text_.size(); }
  char Peek() const { return AtEnd() ? '\0' : text_[pos_]; }

  std::string_view text_;
  size_t pos_ = 0;
};

}  // namespace

Result<Selector> ParseSelector(std::string_view text) { return Parser(text).Parse(); }

Result<std::vector<LabelMatcher>> ParseMatchers(std::string_view text) {
  ASSIGN_OR_RETURN(Selector selector, ParseSelector(text));
  if (!selector.metric.empty()) {
    selector.matchers.push_back({"__name__", LabelMatcher::Op::kEqual, selector.metric});
  }
  return std::move(selector.matchers);
}

bool IsLegacyLabelName(std::string_view name) {
  if (name.empty() || !IsNameStart(name[0])) return false;
  for (char c : name) {
    if (!IsNameStart(c) && !IsDigit(c)) return false;
  }
  return true;
}

}  // namespace anneal
