// The page's own calls under /anneal/v1, and the tree of a file that has its data within itself.

import { graft, namesTo } from '../profile/graft';
import { writeSelector } from '../profile/selector';
import type { Selection } from '../profile/state';
import { resolve } from '../profile/time';
import type { Change } from '../profile/transform';
import { readTree, type Tree, type TreeAnswer } from '../profile/tree';
import { getJson, postJson } from './http';

export interface TreeQuery {
  type: string;
  now: Selection;
  base: Selection | null;
  nodes: number;
  nowMs: number;
}

/** A query, and the paths below which "other" is opened. */
export interface OpenedQuery extends TreeQuery {
  opened: readonly string[];
}

export function selectionParams(query: TreeQuery): URLSearchParams {
  const span = resolve(query.now, query.nowMs);
  const params = new URLSearchParams({
    type: query.type,
    selector: writeSelector(query.now.service, query.now.filters),
    from: String(Math.round(span.fromMs)),
    until: String(Math.round(span.untilMs)),
  });
  if (query.base) {
    const before = resolve(query.base, query.nowMs);
    params.set('baseType', query.type);
    params.set('baseSelector', writeSelector(query.base.service || query.now.service, query.base.filters));
    params.set('baseFrom', String(Math.round(before.fromMs)));
    params.set('baseUntil', String(Math.round(before.untilMs)));
  }
  return params;
}

/** The last trees: opening "other" asks for what is missing alone. Keyed by the whole request. */
const recent = new Map<string, Tree>();
const recentNodes = 2 << 20;

async function fetchPart(query: TreeQuery, path: readonly string[], signal: AbortSignal): Promise<Tree> {
  const params = selectionParams(query);
  params.set('maxNodes', String(query.nodes));
  for (const name of path) params.append('path', name);
  const key = String(params);
  const tree = recent.get(key) ?? readTree(await getJson<TreeAnswer>(`/anneal/v1/tree?${params}`, signal));
  recent.delete(key);
  recent.set(key, tree);
  for (let sum = [...recent.values()].reduce((all, each) => all + each.size, 0); sum > recentNodes && recent.size > 1; ) {
    const [oldest, dropped] = recent.entries().next().value!;
    recent.delete(oldest);
    sum -= dropped.size;
  }
  return tree;
}

export async function fetchTree(query: OpenedQuery, signal: AbortSignal): Promise<Tree> {
  let tree = await fetchPart(query, [], signal);
  for (const hash of query.opened) {
    const path = namesTo(tree, hash);
    if (path) tree = graft(tree, await fetchPart(query, path, signal), hash);
  }
  return tree;
}

/** What the server can make of a view: of its changes focus and ignore. */
export function exportUrl(query: TreeQuery, changes: readonly Change[], format: 'pprof' | 'folded' | 'json'): string {
  const params = selectionParams(query);
  params.set('format', format);
  if (format === 'json') params.set('maxNodes', String(query.nodes));
  for (const change of changes) {
    if (change.kind === 'focus' || change.kind === 'ignore') params.append(change.kind, change.name);
  }
  return `/anneal/v1/export?${params}`;
}

export interface SourceLine {
  line: number;
  self: number;
  total: number;
  baseSelf?: number;
  baseTotal?: number;
}

export interface SourceLines {
  file: string;
  startLine: number;
  lines: SourceLine[];
}

export async function fetchLines(query: TreeQuery, name: string, signal: AbortSignal): Promise<SourceLines> {
  if (embedded) return embedded.lines?.[name] ?? { file: '', startLine: 0, lines: [] };
  const params = selectionParams(query);
  params.set('function', name);
  return getJson<SourceLines>(`/anneal/v1/lines?${params}`, signal);
}

export interface Build {
  /** Labels that tell this build from the others: build id, git ref, pgo setting. */
  labels: Record<string, string>;
  /** Of the main binary; several ran at the same time. */
  buildIds?: string[];
  first: number;
  last: number;
  total: number;
  profiles?: number;
}

export async function fetchBuilds(query: TreeQuery, signal: AbortSignal): Promise<Build[]> {
  const answer = await getJson<{ builds: Build[] }>(`/anneal/v1/builds?${selectionParams({ ...query, base: null })}`, signal);
  return answer.builds ?? [];
}

export interface Session {
  auth: 'none' | 'token';
  authenticated: boolean;
  tenant?: string;
  rights?: string[];
  version?: string;
  /** The most nodes that a tree may have; 0: any number. */
  maxNodes?: number;
  /** Set by `anneal view`: files are shown, nothing can be pushed. */
  files?: boolean;
}

export const fetchSession = (signal: AbortSignal) => getJson<Session>('/anneal/v1/session', signal);
export const logIn = (token: string) => postJson<unknown>('/anneal/v1/login', { token });
export const logOut = () => postJson<unknown>('/anneal/v1/logout', {});

/** What `anneal view --html` put into the page. */
export interface Embedded {
  title?: string;
  tree: TreeAnswer;
  lines?: Record<string, SourceLines>;
  /** The view to begin with, as in the address of a server's page. */
  state?: string;
}

function readEmbedded(): Embedded | null {
  const element = document.getElementById('anneal-data');
  return element?.textContent ? (JSON.parse(element.textContent) as Embedded) : null;
}

/** null on a server. With data in the page no request is made at all. */
export const embedded: Embedded | null = readEmbedded();
