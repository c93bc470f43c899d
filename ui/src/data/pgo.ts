// What the server keeps of PGO: a record for each time around the loop. Fields may be missing; the page
// shows what is there.

import { getJson } from './http';

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
  size?: number;
  samples?: number;
  profiles?: number;
  from?: number;
  until?: number;
  source?: string;
}

export interface BuildFacts {
  id?: string;
  sha256?: string;
  pgo?: string;
  cpu?: number;
}

export interface PgoRecord {
  id: string;
  time: number;
  command?: string;
  toolchain?: string;
  kept?: boolean;
  artefact?: Artefact | null;
  verdict?: Verdict | null;
  builds?: { baseline?: BuildFacts; candidate?: BuildFacts };
  /** Whatever else tells of the artefact's quality, by name. */
  measures?: Record<string, number | string>;
}

export interface Decision {
  kind?: string;
  caller?: string;
  callee?: string;
  position?: string;
  detail?: string;
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
  weight?: number;
  share?: number;
  outcome?: string;
  reason?: string;
}

export interface ServiceRecords {
  service: string;
  records?: number;
  newest?: number;
  outcome?: string;
}

const of = (service: string) => `/anneal/v1/services/${encodeURIComponent(service)}`;

export const listPgoServices = async (signal: AbortSignal) =>
  (await getJson<{ services?: ServiceRecords[] }>('/anneal/v1/services', signal)).services ?? [];

export const listRecords = async (service: string, signal: AbortSignal) =>
  (await getJson<{ records?: PgoRecord[] }>(`${of(service)}/records`, signal)).records ?? [];

export const artefactUrl = (service: string, id: string) => `${of(service)}/records/${encodeURIComponent(id)}/default.pgo`;

export const fetchDecisions = (service: string, from: string, to: string, signal: AbortSignal) =>
  getJson<DecisionChange>(`${of(service)}/decisions?${new URLSearchParams({ from, to })}`, signal);

export const fetchEdges = async (service: string, record: string, signal: AbortSignal) =>
  (await getJson<{ edges?: Edge[] }>(`${of(service)}/edges?${new URLSearchParams({ record })}`, signal)).edges ?? [];
