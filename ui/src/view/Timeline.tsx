// Values over time, a bar per step. Dragging chooses a range; the fields beside it do the same from the
// keyboard.

import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import type { SeriesSet } from '../data/querier';
import type { Palette } from '../flame/colours';
import { visible } from '../profile/names';
import { isCpu, unitOf } from '../profile/profile_type';
import { formatCores, formatTime, formatValue } from '../profile/units';
import type { Span } from '../profile/time';
import { Waiting } from './notes';

/** As high as the timeline that is on its way. */
export function TimelineWaiting({ height = 120, onCancel }: { height?: number; onCancel: () => void }) {
  return (
    <div class="timeline pending" style={{ height: `${height + 2}px` }}>
      <Waiting what="Loading the timeline…" onCancel={onCancel} />
    </div>
  );
}

/** In one line: what was wrong with the selection, the profile below says at length. */
export function TimelineFailed({ error, onRetry }: { error: Error; onRetry: () => void }) {
  return (
    <div class="timeline failed row soft">
      <span class="bad-text">No timeline: {visible(error.message)}</span>
      <button type="button" class="small" onClick={onRetry}>
        Try again
      </button>
    </div>
  );
}

interface Props {
  set: SeriesSet;
  type: string;
  palette: Palette;
  label: string;
  height?: number;
  /** Shaded: what is selected within what is shown. */
  marked?: { span: Span; colour: string }[];
  onRange: (span: Span) => void;
}

export function Timeline({ set, type, palette, label, height = 120, marked = [], onRange }: Props) {
  const unit = unitOf(type);
  const host = useRef<HTMLDivElement>(null);
  const readout = useRef<HTMLParagraphElement>(null);
  const range = useRef(onRange);
  range.current = onRange;
  useEffect(() => {
    const box = host.current;
    if (!box || set.times.length === 0) return undefined;
    const plot = new uPlot(options(set, type, palette, height, box.clientWidth, marked, range, (text) => (readout.current!.textContent = text)), data(set), box);
    const observer = new ResizeObserver(() => plot.setSize({ width: box.clientWidth, height }));
    observer.observe(box);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [set, palette, type, height, JSON.stringify(marked)]);
  return (
    <div class="timeline" ref={host} role="img" aria-label={describe(set, unit, label)}>
      <p class="readout soft" ref={readout} />
    </div>
  );
}

function data(set: SeriesSet): uPlot.AlignedData {
  return [set.times.map((ms) => ms / 1000), set.times.map((_, i) => sumAt(set, i))];
}

const sumAt = (set: SeriesSet, i: number) => set.series.reduce((sum, each) => sum + each.values[i], 0);

function stepText(ms: number): string {
  const [size, unit] = ms < 60e3 ? [1e3, 's'] : ms < 3600e3 ? [60e3, 'min'] : ms < 86400e3 ? [3600e3, 'h'] : [86400e3, 'd'];
  return `${ms / size} ${unit}`;
}

/** "12:05:20: 2.77 s in 20 s (0.14 cores)"; without a bar under the pointer, how wide the bars are. */
function readingOf(set: SeriesSet, type: string, i: number | null | undefined): string {
  const step = stepText(set.stepMs);
  if (i === null || i === undefined) return `sums of ${step}`;
  const value = sumAt(set, i);
  const cores = isCpu(type) ? ` (${formatCores(value, set.stepMs)})` : '';
  return `${formatTime(set.times[i] - set.stepMs / 2)}: ${formatValue(value, unitOf(type))} in ${step}${cores}`;
}

function describe(set: SeriesSet, unit: string, label: string): string {
  const total = set.series.reduce((sum, each) => sum + each.total, 0);
  return `${label}: ${formatValue(total, unit)} in ${set.times.length} steps of ${stepText(set.stepMs)}`;
}

function options(
  set: SeriesSet,
  type: string,
  palette: Palette,
  height: number,
  width: number,
  marked: { span: Span; colour: string }[],
  range: { current: (span: Span) => void },
  say: (text: string) => void,
): uPlot.Options {
  const unit = unitOf(type);
  const half = set.stepMs / 2000;
  const grid = { stroke: palette.dark ? '#2b343f' : '#e6e9ee', width: 1 };
  const axis = { stroke: palette.dark ? '#b9c2cc' : '#4a525d', grid, ticks: grid, font: '11px system-ui' };
  return {
    width,
    height,
    series: [{}, { fill: palette.bar, width: 0, points: { show: false }, paths: uPlot.paths.bars!({ size: [1, 40], gap: 1 }) }],
    legend: { show: false },
    cursor: { drag: { x: true, y: false, setScale: false }, points: { show: false } },
    scales: { x: { time: true, range: [set.times[0] / 1000 - half, set.times.at(-1)! / 1000 + half] }, y: { range: (_plot, _low, high) => [0, high > 0 ? high * 1.1 : 1] } },
    axes: [{ ...axis, values: clock }, { ...axis, size: 68, splits: (_plot, _axis, _low, high) => (high > 1 ? [0, high / 1.1] : [0]), values: (_plot, ticks) => ticks.map((tick) => formatValue(tick, unit)) }],
    hooks: {
      drawClear: [(plot) => marked.forEach(({ span, colour }) => shade(plot, span, colour))],
      setCursor: [(plot) => say(readingOf(set, type, plot.cursor.idx))],
      ready: [() => say(readingOf(set, type, null))],
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

/** The same without axes, for lists. `top` is the value of the upper edge; without it, the largest of its own. */
export function Sparkline({ values, width = 96, height = 22, top }: { values: readonly number[]; width?: number; height?: number; top?: number }) {
  const most = (top ?? Math.max(...values, 0)) || 1;
  const step = width / Math.max(1, values.length);
  const points = values.flatMap((value, i) => [i, i + 1].map((at) => `${(at * step).toFixed(1)},${(height - 1 - (value / most) * (height - 2)).toFixed(1)}`));
  return (
    <svg class="spark" viewBox={`0 0 ${width} ${height}`} width={width} height={height} preserveAspectRatio="none" aria-hidden="true">
      <polygon points={`0,${height} ${points.join(' ')} ${width},${height}`} />
      <polyline points={points.join(' ')} />
    </svg>
  );
}
