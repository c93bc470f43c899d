// The page's own calls under /anneal/v1, and the tree of a file that has its data within itself.

import { graft, partAt, type Part } from '../profile/graft';
import { writeSelector } from '../profile/selector';
import type { Selection } from '../profile/state';
import { resolve } from '../profile/time';
import { leadingFilters, type Change } from '../profile/transform';
import { readTree, type Tree, type TreeAnswer } from '../profile/tree';
import { getJson, postJson } from './http';
import { mostNodes } from './limits';

export interface TreeQuery {
  type: string;
  now: Selection;
  base: Selection | null;
  nodes: number;
  nowMs: number;
}

/** A query, the changes that will be made to the tree, and the paths below which "other" is opened. */
export interface OpenedQuery extends TreeQuery {
  changes: readonly Change[];
  opened: readonly string[];
}

export interface Fetched {
  tree: Tree;
  /** How many of the changes the server has made: without nodes folded, none has to be. */
  made: number;
  /** What was measured in all, whatever focus and ignore leave of it. */
  whole: number;
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

async function fetchPart(query: TreeQuery, through: readonly Change[], { path, skip }: Part, signal: AbortSignal): Promise<Tree> {
  const params = selectionParams(query);
  params.set('maxNodes', String(Math.min(mostNodes(), query.nodes + path.length)));
  appendFilters(params, through);
  for (const name of path) params.append('path', name);
  if (skip > 0) params.set('skip', String(skip));
  const key = `${query.nowMs} ${params}`; // “Refresh” asks anew
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

/** Focus and ignore over what was folded are the server's to do: "other" may hold what they look for. */
export async function fetchTree(query: OpenedQuery, signal: AbortSignal): Promise<Fetched> {
  const all: Part = { path: [], skip: 0 };
  let tree = await fetchPart(query, [], all, signal);
  const whole = tree.total[0];
  const through = tree.foldedNodes > 0 ? leadingFilters(query.changes) : [];
  if (through.length > 0) tree = await fetchPart(query, through, all, signal);
  for (const hash of query.opened) {
    const part = partAt(tree, hash);
    if (part) tree = graft(tree, await fetchPart(query, through, part, signal), hash);
  }
  return { tree, made: through.length, whole };
}

function appendFilters(params: URLSearchParams, changes: readonly Change[]): void {
  for (const change of changes) {
    if (change.kind === 'focus' || change.kind === 'ignore') params.append(change.kind, change.name);
  }
}

/** What the server can make of a view: of its changes focus and ignore. */
export function exportUrl(query: TreeQuery, changes: readonly Change[], format: 'pprof' | 'folded' | 'json'): string {
  const params = selectionParams(query);
  params.set('format', format);
  if (format === 'json') params.set('maxNodes', String(query.nodes));
  appendFilters(params, changes);
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
