// Values over time. Dragging chooses a range; the fields beside it do the same from the keyboard.

import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import type { SeriesSet } from '../data/querier';
import type { Palette } from '../flame/colours';
import { visible } from '../profile/names';
import { formatTime, formatValue } from '../profile/units';
import type { Span } from '../profile/time';

interface Props {
  set: SeriesSet;
  unit: string;
  palette: Palette;
  label: string;
  height?: number;
  /** Shaded: what is selected within what is shown. */
  marked?: { span: Span; colour: string }[];
  onRange: (span: Span) => void;
}

const lineColours = ['#1f8aa3', '#d9822b', '#8a63c9', '#4f9d4f', '#c2566e', '#7a8591', '#b59a1e', '#3c6fc4'];

export function Timeline({ set, unit, palette, label, height = 120, marked = [], onRange }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const range = useRef(onRange);
  range.current = onRange;
  useEffect(() => {
    const box = host.current;
    if (!box || set.times.length === 0) return undefined;
    const plot = new uPlot(options(set, unit, palette, height, box.clientWidth, marked, range), data(set), box);
    const observer = new ResizeObserver(() => plot.setSize({ width: box.clientWidth, height }));
    observer.observe(box);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [set, palette, unit, height, JSON.stringify(marked)]);
  return <div class="timeline" ref={host} role="img" aria-label={describe(set, unit, label)} />;
}

function data(set: SeriesSet): uPlot.AlignedData {
  const lines = set.series.length > 0 ? set.series.map((each) => each.values) : [set.times.map(() => 0)];
  return [set.times.map((ms) => ms / 1000), ...lines];
}

function describe(set: SeriesSet, unit: string, label: string): string {
  const total = set.series.reduce((sum, each) => sum + each.total, 0);
  return `${label}: ${formatValue(total, unit)} in ${set.times.length} steps of ${Math.round(set.stepMs / 1000)} s`;
}

function options(
  set: SeriesSet,
  unit: string,
  palette: Palette,
  height: number,
  width: number,
  marked: { span: Span; colour: string }[],
  range: { current: (span: Span) => void },
): uPlot.Options {
  const grid = { stroke: palette.dark ? '#2b343f' : '#e6e9ee', width: 1 };
  const axis = { stroke: palette.dark ? '#b9c2cc' : '#4a525d', grid, ticks: grid, font: '11px system-ui' };
  const lines: uPlot.Series[] = (set.series.length > 0 ? set.series : [null]).map((series, i) => ({
    label: series ? visible(Object.values(series.labels).join(' ') || 'total') : 'none',
    stroke: lineColours[i % lineColours.length],
    ...(set.series.length <= 1 ? { fill: `${lineColours[0]}33` } : {}),
    width: 1.5,
    points: { show: false },
  }));
  return {
    width,
    height,
    series: [{}, ...lines],
    legend: { show: false },
    cursor: { drag: { x: true, y: false, setScale: false }, points: { size: 6 } },
    scales: { x: { time: true }, y: { range: (_plot, _low, high) => [0, high > 0 ? high * 1.1 : 1] } },
    axes: [{ ...axis, values: clock }, { ...axis, size: 68, values: (_plot, ticks) => ticks.map((tick) => formatValue(tick, unit)) }],
    hooks: {
      drawClear: [(plot) => marked.forEach(({ span, colour }) => shade(plot, span, colour))],
      setSelect: [
        (plot) => {
          if (plot.select.width < 4) return;
          const at = (pixels: number) => plot.posToVal(pixels, 'x') * 1000;
          range.current({ fromMs: at(plot.select.left), untilMs: at(plot.select.left + plot.select.width) });
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  };
}

/** Hours and minutes; the date where a day begins and at the left end. */
function clock(_plot: uPlot, ticks: number[]): string[] {
  return ticks.map((tick, i) => {
    const text = formatTime(tick * 1000);
    return i === 0 || text.endsWith(' 00:00') ? `${text.slice(11)}\n${text.slice(0, 10)}` : text.slice(11);
  });
}

function shade(plot: uPlot, span: Span, colour: string): void {
  const left = Math.max(plot.bbox.left, plot.valToPos(span.fromMs / 1000, 'x', true));
  const right = Math.min(plot.bbox.left + plot.bbox.width, plot.valToPos(span.untilMs / 1000, 'x', true));
  if (right <= left) return;
  plot.ctx.fillStyle = colour;
  plot.ctx.fillRect(left, plot.bbox.top, right - left, plot.bbox.height);
}

/** A line without axes, for lists. `top` is the value of the upper edge; without it, the largest of its own. */
export function Sparkline({ values, width = 96, height = 22, top }: { values: readonly number[]; width?: number; height?: number; top?: number }) {
  const most = (top ?? Math.max(...values, 0)) || 1;
  const step = width / Math.max(1, values.length - 1);
  const points = values.map((value, i) => `${(i * step).toFixed(1)},${(height - 1 - (value / most) * (height - 2)).toFixed(1)}`);
  return (
    <svg class="spark" viewBox={`0 0 ${width} ${height}`} width={width} height={height} preserveAspectRatio="none" aria-hidden="true">
      <polygon points={`0,${height} ${points.join(' ')} ${width},${height}`} />
      <polyline points={points.join(' ')} />
    </svg>
  );
}
