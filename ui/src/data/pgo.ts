// What the server keeps of PGO: a record for each time around the loop. Fields may be missing; the page
// shows what is there.

import { ApiError, deleteJson, getJson } from './http';

export interface Interval {
  ratio: number;
  low: number;
  high: number;
}

export interface Verdict {
  outcome?: string;
  ruling?: string;
  sentence?: string;
  gain?: number;
  candidate?: Interval;
  control?: Interval;
  floor?: number;
  mde?: number;
  blocks?: number;
  notes?: string[];
  benchmarks?: { name: string; blocks?: number; candidate: Interval; control?: Interval }[];
}

export interface Artefact {
  sha256?: string;
  bytes?: number;
  samples?: number;
  grade?: string;
  edges?: number;
  hot_edges?: number;
  profile_type?: string;
  profile_bytes?: number;
  selector?: string;
  /** Milliseconds, or as it was asked for. */
  window?: { from?: number | string; until?: number | string };
}

export interface BuildFacts {
  /** GNU build id, as profiles have it. */
  build_id?: string;
  sha256?: string;
  bytes?: number;
  pgo?: string;
}

/** A record as lists have it: decisions and edges are counted, the verdict is its analysis. */
export interface PgoRecord {
  id: string;
  time_unix_ns: number;
  tool_version?: string;
  toolchain?: string;
  kept?: boolean;
  reason?: string;
  artefact?: Artefact | null;
  verdict?: Verdict | null;
  builds?: { baseline?: BuildFacts; candidate?: BuildFacts };
  compiler?: Record<string, number>;
}

export const timeOf = (record: PgoRecord) => record.time_unix_ns / 1e6;

export interface Decision {
  kind?: string;
  package?: string;
  position?: string;
  caller?: string;
  callee?: string;
  cost?: number;
}

export interface DecisionChange {
  gained?: Decision[];
  lost?: Decision[];
  kept?: number;
}

export interface Edge {
  caller?: string;
  callee?: string;
  line?: number;
  offset?: number;
  weight?: number;
  share?: number;
  outcome?: string;
  why?: string;
  position?: string;
}

export interface ServiceRecords {
  service: string;
  records?: number;
}

const of = (service: string) => `/anneal/v1/services/${encodeURIComponent(service)}`;

export const listPgoServices = async (signal: AbortSignal) =>
  (await getJson<{ services?: ServiceRecords[] }>('/anneal/v1/services', signal)).services ?? [];

/** A server without the calls has no records either. */
export async function orNone<T>(answer: Promise<T[]>): Promise<T[]> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return [];
    throw error;
  }
}

export const listRecords = async (service: string, signal: AbortSignal) =>
  (await getJson<{ records?: PgoRecord[] }>(`${of(service)}/records`, signal)).records ?? [];

/** What lists leave out. */
export interface RecordDetails {
  commands?: Record<string, string>;
  /** Whatever else tells of the artefact's quality, by name. */
  measures?: Record<string, number | string>;
}

export const deleteRecord = (service: string, id: string) => deleteJson<unknown>(`${of(service)}/records/${encodeURIComponent(id)}`);

export const fetchRecord = (service: string, id: string, signal: AbortSignal) =>
  getJson<RecordDetails>(`${of(service)}/records/${encodeURIComponent(id)}`, signal);

export const artefactUrl = (service: string, id: string) => `${of(service)}/records/${encodeURIComponent(id)}/default.pgo`;

export const fetchDecisions = (service: string, from: string, to: string, signal: AbortSignal) =>
  getJson<DecisionChange>(`${of(service)}/decisions?${new URLSearchParams({ from, to })}`, signal);

export const fetchEdges = async (service: string, record: string, signal: AbortSignal) =>
  (await getJson<{ edges?: Edge[] }>(`${of(service)}/edges?${new URLSearchParams({ record })}`, signal)).edges ?? [];
