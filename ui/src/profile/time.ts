// Time ranges as the API writes them: "now", "now-1h", or milliseconds since 1970.

const unitMs: Record<string, number> = { s: 1e3, m: 60e3, h: 3600e3, d: 86400e3, w: 7 * 86400e3 };

export interface Range {
  from: string;
  until: string;
}

export const presets: [string, string][] = [
  ['now-5m', '5 minutes'],
  ['now-15m', '15 minutes'],
  ['now-1h', 'hour'],
  ['now-6h', '6 hours'],
  ['now-1d', 'day'],
  ['now-7d', '7 days'],
  ['now-30d', '30 days'],
];

/** Milliseconds, or null when the text is no time. Dates are local, as a person types them. */
export function readTime(text: string, nowMs: number): number | null {
  const plain = text.trim();
  if (/^\d{1,16}$/.test(plain)) return Number(plain);
  const relative = /^now(?:-(\d{1,9})([smhdw]))?$/.exec(plain);
  if (relative) return nowMs - (relative[1] ? Number(relative[1]) * unitMs[relative[2]] : 0);
  const date = /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d))?)?$/.exec(plain);
  if (!date) return null;
  const [year, month, day, hour, minute, second] = date.slice(1).map((part) => Number(part ?? 0));
  return new Date(year, month - 1, day, hour, minute, second).getTime();
}

export interface Span {
  fromMs: number;
  untilMs: number;
}

export function resolve(range: Range, nowMs: number): Span {
  const untilMs = readTime(range.until, nowMs) ?? nowMs;
  const fromMs = Math.max(1, readTime(range.from, nowMs) ?? untilMs - 3600e3); // the API takes 0 for "not given"
  return fromMs <= untilMs ? { fromMs, untilMs } : { fromMs: untilMs, untilMs: fromMs };
}

export function freeze(range: Range, nowMs: number): Range {
  const { fromMs, untilMs } = resolve(range, nowMs);
  return { from: String(Math.round(fromMs)), until: String(Math.round(untilMs)) };
}

/** Twice as wide around the same middle; what "zoom out" does. */
export function widen(range: Range, nowMs: number): Range {
  const { fromMs, untilMs } = resolve(range, nowMs);
  const half = Math.max(1000, untilMs - fromMs) / 2;
  return { from: String(Math.round(fromMs - half)), until: String(Math.round(Math.min(nowMs, untilMs + half))) };
}

/** Buckets of whole steps that cover the span: start and end are multiples of the step. */
export function buckets(span: Span, count: number): { startMs: number; endMs: number; stepMs: number } {
  const rough = Math.max(1000, (span.untilMs - span.fromMs) / count);
  const nice = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400].map((s) => s * 1000);
  const stepMs = nice.find((step) => step >= rough) ?? Math.ceil(rough / 86400e3) * 86400e3;
  return { startMs: Math.floor(span.fromMs / stepMs) * stepMs, endMs: Math.ceil(span.untilMs / stepMs) * stepMs, stepMs };
}
