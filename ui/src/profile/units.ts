// Numbers as people read them.

const durations: [number, string][] = [
  [3600e9, 'h'],
  [60e9, 'min'],
  [1e9, 's'],
  [1e6, 'ms'],
  [1e3, 'µs'],
  [1, 'ns'],
];
const sizes: [number, string][] = [
  [2 ** 40, 'TiB'],
  [2 ** 30, 'GiB'],
  [2 ** 20, 'MiB'],
  [2 ** 10, 'KiB'],
  [1, 'B'],
];
const counts: [number, string][] = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
  [1, ''],
];
const nanoseconds: Record<string, number> = { nanoseconds: 1, ns: 1, microseconds: 1e3, milliseconds: 1e6, seconds: 1e9 };

function digits(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size >= 100 || Number.isInteger(value) ? 0 : size >= 10 ? 1 : 2);
}

function scaled(value: number, steps: [number, string][]): string {
  const last = steps.length - 1;
  const step = steps.find(([size]) => Math.abs(value) >= size) ?? steps[last];
  return `${digits(value / step[0])}${step[1] ? ` ${step[1]}` : ''}`;
}

export function formatValue(value: number, unit: string): string {
  if (!Number.isFinite(value)) return '–';
  if (unit in nanoseconds) return value === 0 ? '0 s' : scaled(value * nanoseconds[unit], durations);
  if (unit === 'bytes') return scaled(value, sizes);
  const text = scaled(value, counts);
  return unit === 'count' || unit === '' ? text : `${text} ${unit}`;
}

/** "+1.2 s", "−3 MiB"; the sign is part of the number, since colour alone tells nobody enough. */
export function formatChange(value: number, unit: string): string {
  return `${sign(value)}${formatValue(Math.abs(value), unit)}`;
}

function sign(value: number): string {
  return value > 0 ? '+' : value < 0 ? '−' : '±';
}

export function formatShare(share: number): string {
  if (!Number.isFinite(share)) return '–';
  const percent = share * 100;
  if (percent !== 0 && Math.abs(percent) < 0.01) return '<0.01 %';
  return `${percent.toFixed(Math.abs(percent) >= 10 ? 1 : 2)} %`;
}

/** Difference of two shares, in percentage points. */
export function formatPoints(difference: number): string {
  const percent = Math.abs(difference * 100);
  if (percent < 0.005) return '±0.00 %';
  return `${sign(difference)}${percent.toFixed(percent >= 10 ? 1 : 2)} %`;
}

/** Average processors in use, for CPU time over a window. */
export function formatCores(cpuNs: number, windowMs: number): string {
  if (windowMs <= 0) return '–';
  const cores = cpuNs / 1e6 / windowMs;
  return cores > 0 && cores < 0.01 ? '<0.01 cores' : `${digits(cores)} cores`;
}

export function formatCount(count: number): string {
  return Math.round(count).toLocaleString('en').replaceAll(',', '\u202f');
}

/** "1 profile", "2 profiles". */
export function formatMany(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

export function formatAge(thenMs: number, nowMs: number): string {
  const age = Math.max(0, nowMs - thenMs);
  if (age < 60e3) return 'just now';
  const [size, word] = age < 3600e3 ? [60e3, 'minute'] : age < 86400e3 ? [3600e3, 'hour'] : [86400e3, 'day'];
  const count = Math.floor(age / size);
  return `${count} ${word}${count === 1 ? '' : 's'} ago`;
}

/** Local time, to the minute; seconds where they matter. */
export function formatTime(ms: number): string {
  const date = new Date(ms);
  const two = (value: number) => String(value).padStart(2, '0');
  const seconds = date.getSeconds() === 0 ? '' : `:${two(date.getSeconds())}`;
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}${seconds}`;
}
