#include "verify/canvas.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "verify/stats.h"

namespace anneal {

std::string EscapeXml(std::string_view text) {
  std::string out;
  for (char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return out;
}

double Axis::At(double value) const {
  double share = high > low ? (std::clamp(value, low, high) - low) / (high - low) : 0.5;
  return left + share * (right - left);
}

std::vector<double> Axis::Ticks(int most) const {
  std::vector<double> ticks;
  if (!(high > low)) return ticks;
  double raw = (high - low) / most;
  double power = std::pow(10.0, std::floor(std::log10(raw)));
  double step = power;
  for (double factor : {1.0, 2.0, 5.0, 10.0}) {
    step = factor * power;
    if (step >= raw) break;
  }
  for (double k = std::ceil(low / step); k * step <= high; ++k) ticks.push_back(k * step);
  return ticks;
}

void Canvas::Line(double x1, double y1, double x2, double y2, std::string_view css_class) {
  elements_ +=
      fmt::format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" class=\"{}\"/>\n",
                  x1, y1, x2, y2, css_class);
}

void Canvas::Circle(double x, double y, double radius, std::string_view css_class) {
  elements_ += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{:.1f}\" class=\"{}\"/>\n", x,
                           y, radius, css_class);
}

void Canvas::Diamond(double x, double y, double radius, std::string_view css_class) {
  elements_ += fmt::format(
      "<path d=\"M{:.1f} {:.1f}l{:.1f} {:.1f}l{:.1f} {:.1f}l{:.1f} {:.1f}z\" class=\"{}\"/>\n",
      x - radius, y, radius, -radius, radius, radius, -radius, radius, css_class);
}

void Canvas::Text(double x, double y, std::string_view text, std::string_view css_class,
                  std::string_view anchor) {
  elements_ +=
      fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" class=\"{}\" text-anchor=\"{}\">{}</text>\n", x,
                  y, css_class, anchor, EscapeXml(text));
}

double Canvas::Paragraph(double x, double y, std::string_view text, size_t columns,
                         double line_height, std::string_view css_class) {
  while (!text.empty()) {
    size_t end = text.size();
    if (end > columns) {
      size_t blank = text.rfind(' ', columns);
      end = blank == std::string_view::npos || blank == 0 ? columns : blank;
    }
    Text(x, y, text.substr(0, end), css_class);
    text.remove_prefix(
        std::min(text.size(), end < text.size() && text[end] == ' ' ? end + 1 : end));
    y += line_height;
  }
  return y;
}

void Canvas::Hill(const Axis& axis, double y, double height, std::span<const double> values,
                  std::string_view css_class) {
  if (values.size() < 2 || !(axis.high > axis.low)) return;
  constexpr int kPoints = 120;
  double n = static_cast<double>(values.size());
  // Silverman's rule with the robust deviation; never narrower than two pixels.
  double bandwidth = std::max(0.9 * RobustDeviation(values) * std::pow(n, -0.2),
                              2 * (axis.high - axis.low) / (axis.right - axis.left));
  std::vector<double> density;
  for (int i = 0; i <= kPoints; ++i) {
    double x = axis.low + (axis.high - axis.low) * i / kPoints;
    double sum = 0;
    for (double v : values) {
      double z = (x - v) / bandwidth;
      sum += std::exp(-z * z / 2);
    }
    density.push_back(sum);
  }
  double peak = *std::max_element(density.begin(), density.end());
  if (peak <= 0) return;
  std::string path = fmt::format("M{:.1f} {:.1f}", axis.left, y);
  for (int i = 0; i <= kPoints; ++i) {
    path += fmt::format("L{:.1f} {:.1f}", axis.left + (axis.right - axis.left) * i / kPoints,
                        y - height * density[static_cast<size_t>(i)] / peak);
  }
  path += fmt::format("L{:.1f} {:.1f}Z", axis.right, y);
  elements_ += fmt::format("<path d=\"{}\" class=\"{}\"/>\n", path, css_class);
}

size_t Canvas::Dots(const Axis& axis, double y, double height, std::span<const double> values,
                    std::string_view css_class) {
  constexpr size_t kMostDots = 500;
  size_t outside = 0;
  size_t step = values.size() / kMostDots + 1;
  for (size_t i = 0; i < values.size(); ++i) {
    if (!axis.Contains(values[i])) {
      ++outside;
      continue;
    }
    // Multiples of the golden section spread evenly without looking like a pattern.
    double place = static_cast<double>(i) * 0.618033988749895;
    if (i % step == 0)
      Circle(axis.At(values[i]), y + height * (place - std::floor(place)), 1.7, css_class);
  }
  return outside;
}

std::string Canvas::Document(double width, double height, std::string_view style,
                             std::string_view title) const {
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" width=\"{0:.0f}\" "
      "height=\"{1:.0f}\" role=\"img\">\n<title>{2}</title>\n<style>\n{3}</style>\n"
      "<rect width=\"100%\" height=\"100%\" class=\"page\"/>\n{4}</svg>\n",
      width, height, EscapeXml(title), style, elements_);
}

}  // namespace anneal
