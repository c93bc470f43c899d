// Pyroscope's querier.v1 in JSON, as far as the page needs it. Numbers of 64 bits come as text.

import { writeSelector, type Filter } from '../profile/selector';
import { buckets, type Span } from '../profile/time';
import { postJson } from './http';

const call = <T>(method: string, body: unknown, signal: AbortSignal) =>
  postJson<T>(`/querier.v1.QuerierService/${method}`, body, signal);

interface Pair {
  name: string;
  value: string;
}

export interface Series {
  labels: Record<string, string>;
  total: number;
  /** Sum per bucket; buckets are those of `times`. */
  values: number[];
}

export interface SeriesSet {
  /** Middle of each bucket, in ms. */
  times: number[];
  stepMs: number;
  series: Series[];
}

export interface ServiceTypes {
  service: string;
  types: string[];
}

const toObject = (pairs: Pair[] | undefined) => Object.fromEntries((pairs ?? []).map(({ name, value }) => [name, value ?? '']));

/** Every service of the window with the profile types it sent, by name. */
export async function listServices(span: Span, signal: AbortSignal): Promise<ServiceTypes[]> {
  const answer = await call<{ labelsSet?: { labels?: Pair[] }[] }>(
    'Series',
    { start: span.fromMs, end: span.untilMs, labelNames: ['service_name', '__profile_type__'], matchers: [] },
    signal,
  );
  const types = new Map<string, string[]>();
  for (const { labels } of answer.labelsSet ?? []) {
    const { service_name: service, __profile_type__: type } = toObject(labels);
    if (service === undefined || type === undefined) continue;
    types.set(service, [...(types.get(service) ?? []), type]);
  }
  return [...types].map(([service, list]) => ({ service, types: list.sort() })).sort((a, b) => (a.service < b.service ? -1 : 1));
}

/** Anything at all, ever: what tells "no profiles yet" from "none in this window". */
export async function anyProfiles(signal: AbortSignal): Promise<boolean> {
  const answer = await call<{ profileTypes?: unknown[] }>('ProfileTypes', { start: 1, end: Date.now() + 86400e3 }, signal);
  return (answer.profileTypes ?? []).length > 0;
}

export interface SeriesQuery {
  type: string;
  service: string;
  filters: readonly Filter[];
  groupBy: readonly string[];
  span: Span;
  count: number;
  /** Largest totals only; 0 for all. */
  limit?: number;
}

export async function selectSeries(query: SeriesQuery, signal: AbortSignal): Promise<SeriesSet> {
  const { startMs, endMs, stepMs } = buckets(query.span, query.count);
  const answer = await call<{ series?: { labels?: Pair[]; points?: { value?: number; timestamp?: string }[] }[] }>(
    'SelectSeries',
    {
      profileTypeID: query.type,
      labelSelector: writeSelector(query.service, query.filters),
      start: startMs + stepMs, // the first point covers the step before it
      end: endMs,
      step: stepMs / 1000,
      groupBy: query.groupBy,
      ...(query.limit ? { limit: query.limit } : {}),
    },
    signal,
  );
  const length = Math.max(1, Math.round((endMs - startMs) / stepMs));
  const times = Array.from({ length }, (_, i) => startMs + (i + 0.5) * stepMs);
  const series = (answer.series ?? []).map(({ labels, points }) => {
    const values = new Array<number>(length).fill(0);
    let total = 0;
    for (const { value = 0, timestamp = '0' } of points ?? []) {
      const bucket = Math.round((Number(timestamp) - startMs) / stepMs) - 1;
      if (bucket >= 0 && bucket < length) values[bucket] += value;
      total += value;
    }
    return { labels: toObject(labels), total, values };
  });
  return { times, stepMs, series: series.sort((a, b) => b.total - a.total) };
}

/** Names people filter by: the private ones and the service, which has its own place, are left out. */
export async function labelNames(service: string, filters: readonly Filter[], span: Span, signal: AbortSignal): Promise<string[]> {
  const answer = await call<{ names?: string[] }>(
    'LabelNames',
    { matchers: [writeSelector(service, filters)], start: span.fromMs, end: span.untilMs },
    signal,
  );
  return (answer.names ?? []).filter((name) => !name.startsWith('__') && name !== 'service_name').sort();
}
