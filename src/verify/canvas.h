// Drawing SVG: a string of elements, and axes that map values to places.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace anneal {

// "&", "<", ">" and quotes as entities; control characters, which XML forbids, as blanks.
std::string EscapeXml(std::string_view text);

// Maps [low, high] to [left, right] in pixels; values outside are clamped to the edges.
struct Axis {
  double low = 0;
  double high = 1;
  double left = 0;
  double right = 1;
  double At(double value) const;
  bool Contains(double value) const { return value >= low && value <= high; }
  // Round values between low and high, at most about `most` of them.
  std::vector<double> Ticks(int most) const;
};

// Elements are styled by CSS classes, so that light and dark are decided by the reader.
class Canvas {
 public:
  void Line(double x1, double y1, double x2, double y2, std::string_view css_class);
  void Circle(double x, double y, double radius, std::string_view css_class);
  void Diamond(double x, double y, double radius, std::string_view css_class);
  // `anchor`: "start", "middle" or "end".
  void Text(double x, double y, std::string_view text, std::string_view css_class,
            std::string_view anchor = "start");
  // Words broken into lines of about `columns` letters, `line_height` apart; returns the y below.
  double Paragraph(double x, double y, std::string_view text, size_t columns, double line_height,
                   std::string_view css_class);
  // The density of `values` (Gaussian kernel) as a hill of `height` standing on `y`.
  void Hill(const Axis& axis, double y, double height, std::span<const double> values,
            std::string_view css_class);
  // A dot for each value inside the axis, below `y`, spread over `height` so that dots are seen
  // apart; at most 500, evenly chosen. Returns how many values lie outside.
  size_t Dots(const Axis& axis, double y, double height, std::span<const double> values,
              std::string_view css_class);

  std::string Document(double width, double height, std::string_view style,
                       std::string_view title) const;

 private:
  std::string elements_;
};

}  // namespace anneal
