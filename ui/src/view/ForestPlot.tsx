// Verdicts one below the other: the candidate's CPU time as a share of the baseline's with its 95 %
// interval, the control (baseline against itself) beneath, and the floor of that noise as a band.

import { visible } from '../profile/names';
import type { Interval, Verdict } from '../data/pgo';

export interface Arm {
  label: string;
  note: string;
  verdict: Verdict;
}

const width = 660;
const plotLeft = 170;
const plotRight = 440;
const rowHeight = 42;
const top = 28;

export function ForestPlot({ arms }: { arms: readonly Arm[] }) {
  const shown = arms.filter((arm) => arm.verdict.candidate);
  if (shown.length === 0) return null;
  const reach = reachOf(shown);
  // Ratios that are none stand at the left edge.
  const x = (ratio: number) => plotLeft + ((ratio > 0 ? Math.log(ratio) / reach : -1) + 1) * ((plotRight - plotLeft) / 2);
  const height = top + shown.length * rowHeight + 26;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Verdicts as a plot">
      <svg class="forest" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={describe(shown)}>
        <text x={plotLeft} y={16}>
          ← less CPU
        </text>
        <text x={plotRight} y={16} text-anchor="end">
          more CPU →
        </text>
        <text x={plotRight + 16} y={16}>
          change [95 % interval]
        </text>
        {shown.map((arm, i) => (
          <Row key={i} arm={arm} y={top + i * rowHeight} x={x} />
        ))}
        <line class="one" x1={x(1)} x2={x(1)} y1={top} y2={height - 24} stroke-dasharray="4 3" />
        {ticks(reach).map((percent) => (
          <text key={percent} x={x(1 + percent / 100)} y={height - 8} text-anchor="middle">
            {percent > 0 ? '+' : percent < 0 ? '−' : ''}
            {Math.abs(percent)} %
          </text>
        ))}
      </svg>
    </div>
  );
}

function Row({ arm, y, x }: { arm: Arm; y: number; x: (ratio: number) => number }) {
  const { candidate, control, floor = 0 } = arm.verdict;
  if (!candidate) return null;
  const label = visible(arm.label);
  return (
    <g>
      {floor > 0 && <rect class="floor" x={x(Math.exp(-floor))} width={x(Math.exp(floor)) - x(Math.exp(-floor))} y={y + 2} height={rowHeight - 4} />}
      <text x={0} y={y + 18}>
        {label.length > 24 ? `${label.slice(0, 23)}…` : label}
        <title>{label}</title>
      </text>
      <text class="note-text" x={0} y={y + 33}>
        {arm.note}
      </text>
      <Mark interval={candidate} y={y + 14} x={x} kind="interval" point="point" />
      {control && <Mark interval={control} y={y + 29} x={x} kind="control" point="control-point" />}
      <text x={plotRight + 16} y={y + 18}>
        {percentOf(candidate.ratio)} [{percentOf(candidate.low)}, {percentOf(candidate.high)}]
      </text>
      {control && (
        <text class="note-text" x={plotRight + 16} y={y + 33}>
          A/A {percentOf(control.ratio)}
        </text>
      )}
    </g>
  );
}

interface MarkProps {
  interval: Interval;
  y: number;
  x: (ratio: number) => number;
  kind: string;
  point: string;
}

function Mark({ interval, y, x, kind, point }: MarkProps) {
  return (
    <>
      <line class={kind} x1={x(interval.low)} x2={x(interval.high)} y1={y} y2={y} />
      <rect class={point} x={x(interval.ratio) - 4} y={y - 4} width="8" height="8" />
    </>
  );
}

export function percentOf(ratio: number): string {
  const percent = (ratio - 1) * 100;
  return `${percent < -0.005 ? '−' : percent > 0.005 ? '+' : ''}${Math.abs(percent).toFixed(Math.abs(percent) >= 10 ? 1 : 2)} %`;
}

/** The largest absolute log ratio shown; at least 2 %, so that noise does not fill the plot. */
function reachOf(arms: readonly Arm[]): number {
  const ends = arms.flatMap(({ verdict }) => [verdict.candidate, verdict.control].flatMap((each) => (each ? [each.low, each.high, each.ratio] : [])));
  const logs = ends.filter((ratio) => ratio > 0).map((ratio) => Math.abs(Math.log(ratio)));
  return Math.max(0.02, ...logs, ...arms.map(({ verdict }) => verdict.floor ?? 0)) * 1.08;
}

/** Round percents within the plot; nothing is 100 % less and above 0. */
export function ticks(reach: number): number[] {
  const step = [1, 2, 5, 10, 20, 50].find((each) => (reach * 100) / each <= 2.5) ?? 100;
  const most = Math.floor((Math.exp(reach) * 100) / step);
  const all = Array.from({ length: 2 * most + 1 }, (_, i) => (i - most) * step);
  const shown = all.filter((percent) => percent > -100 && Math.abs(Math.log(1 + percent / 100)) < reach * 0.95);
  const thinned = Math.ceil(shown.length / 7);
  return shown.filter((percent) => (percent / step) % thinned === 0);
}

function describe(arms: readonly Arm[]): string {
  return arms
    .map(({ label, verdict }) => `${visible(label)}: ${percentOf(verdict.candidate!.ratio)}, from ${percentOf(verdict.candidate!.low)} to ${percentOf(verdict.candidate!.high)}`)
    .join('; ');
}
