// The view is one value. It lives in the URL's query, so that Back is undo and a link is the view;
// `anneal view --state` takes the same text. Defaults are left out.
//
// v=1 is the version. A change that would make an old link mean something else needs a new number.

import type { Scale } from './layout';
import { readFilters, writeFilters, type Filter } from './selector';
import { freeze, type Range } from './time';
import type { Change } from './transform';

export const version = '1';

export type Page = 'explore' | 'compare' | 'pgo';
export type Panel = 'both' | 'graph' | 'table' | 'tree' | 'sandwich';

export interface Selection extends Range {
  service: string;
  filters: Filter[];
}

export interface View {
  page: Page;
  /** Profile type id; empty means the server's CPU type, or else its first. */
  type: string;
  now: Selection;
  /** What `now` is compared with; used on the compare page alone. */
  base: Selection;
  panel: Panel;
  shape: 'icicle' | 'flame';
  /** Hash of the zoomed node's path, in hex; empty for the whole. */
  zoom: string;
  search: string;
  changes: Change[];
  /** The function of the sandwich and of the source lines. */
  fn: string;
  scale: Scale;
  /** Label of the small multiples. */
  group: string;
  /** How many nodes the server may send. */
  nodes: number;
  /** Hashes of the paths whose "other" was opened, in the order they were. */
  opened: string[];
  /** PGO page: the record shown, and the one it is compared with. */
  record: string;
  against: string;
}

export const defaultNodes = 16384;
/** For links; a server says its own limit (Session.maxNodes) and the page asks for no more. */
export const mostNodes = 1 << 20;
const lastHour: Range = { from: 'now-1h', until: 'now' };

export const defaultView: View = {
  page: 'explore',
  type: '',
  now: { service: '', filters: [], ...lastHour },
  base: { service: '', filters: [], from: 'now-2h', until: 'now-1h' },
  panel: 'both',
  shape: 'icicle',
  zoom: '',
  search: '',
  changes: [],
  fn: '',
  scale: 'share',
  group: '',
  nodes: defaultNodes,
  opened: [],
  record: '',
  against: '',
};

const pages: readonly string[] = ['explore', 'compare', 'pgo'];
const panels: readonly string[] = ['both', 'graph', 'table', 'tree', 'sandwich'];

export function writeView(view: View): string {
  const query = new URLSearchParams({ v: version });
  const put = (key: string, value: string, standard: string) => {
    if (value !== standard) query.append(key, value);
  };
  put('page', view.page, defaultView.page);
  put('type', view.type, '');
  writeSelection(view.now, defaultView.now, '', put);
  writeSelection(view.base, defaultView.base, 'base.', put);
  put('panel', view.panel, defaultView.panel);
  put('shape', view.shape, defaultView.shape);
  for (const change of view.changes) {
    query.append('do', change.kind === 'recursion' ? 'recursion' : `${change.kind}:${change.name}`);
  }
  put('fn', view.fn, '');
  put('zoom', view.zoom, '');
  put('search', view.search, '');
  put('scale', view.scale, defaultView.scale);
  put('group', view.group, '');
  put('nodes', String(view.nodes), String(defaultNodes));
  for (const each of view.opened) query.append('open', each);
  put('record', view.record, '');
  put('against', view.against, '');
  return query.toString();
}

type Put = (key: string, value: string, standard: string) => void;

function writeSelection(selection: Selection, standard: Selection, prefix: string, put: Put): void {
  put(`${prefix}service`, selection.service, '');
  put(`${prefix}where`, writeFilters(selection.filters), '');
  put(`${prefix}from`, selection.from, standard.from);
  put(`${prefix}until`, selection.until, standard.until);
}

export interface ReadView {
  view: View;
  /** What of the text was not understood, for people. */
  complaint: string;
}

/** Never fails: what cannot be read keeps its default and is complained about. */
export function readView(text: string): ReadView {
  const query = new URLSearchParams(text);
  const complaints: string[] = [];
  const found = query.get('v');
  if (found !== null && found !== version) {
    return { view: defaultView, complaint: `This link has version ${found}; this page reads version ${version}. The default view is shown.` };
  }
  const choice = <T extends string>(key: string, allowed: readonly string[], standard: T): T => {
    const value = query.get(key);
    if (value === null || allowed.includes(value)) return (value ?? standard) as T;
    complaints.push(`${key}=${value}`);
    return standard;
  };
  const nodes = Number(query.get('nodes') ?? defaultNodes);
  const view: View = {
    page: choice('page', pages, defaultView.page),
    type: query.get('type') ?? '',
    now: readSelection(query, '', defaultView.now, complaints),
    base: readSelection(query, 'base.', defaultView.base, complaints),
    panel: choice('panel', panels, defaultView.panel),
    shape: choice('shape', ['icicle', 'flame'], defaultView.shape),
    zoom: query.get('zoom') ?? '',
    search: query.get('search') ?? '',
    changes: query.getAll('do').flatMap((each) => readChange(each, complaints)),
    fn: query.get('fn') ?? '',
    scale: choice('scale', ['share', 'absolute'], defaultView.scale),
    group: query.get('group') ?? '',
    nodes: Number.isInteger(nodes) && nodes > 0 && nodes <= mostNodes ? nodes : defaultNodes,
    opened: query.getAll('open').filter((each) => /^[0-9a-f]{1,8}$/.test(each)),
    record: query.get('record') ?? '',
    against: query.get('against') ?? '',
  };
  const complaint = complaints.length > 0 ? `Parts of this link were not understood and are left out: ${complaints.join(', ')}` : '';
  return { view, complaint };
}

function readSelection(query: URLSearchParams, prefix: string, standard: Selection, complaints: string[]): Selection {
  const where = query.get(`${prefix}where`) ?? '';
  const filters = readFilters(where);
  if (!filters) complaints.push(`${prefix}where=${where}`);
  return {
    service: query.get(`${prefix}service`) ?? '',
    filters: filters ?? [],
    from: query.get(`${prefix}from`) ?? standard.from,
    until: query.get(`${prefix}until`) ?? standard.until,
  };
}

function readChange(text: string, complaints: string[]): Change[] {
  if (text === 'recursion') return [{ kind: 'recursion' }];
  const parts = /^(focus|ignore|collapse):(.+)$/s.exec(text);
  if (parts) return [{ kind: parts[1] as 'focus', name: parts[2] }];
  complaints.push(`do=${text}`);
  return [];
}

/** For links: the same data tomorrow, whatever "now" is then. */
export function frozen(view: View, nowMs: number): View {
  return { ...view, now: { ...view.now, ...freeze(view.now, nowMs) }, base: { ...view.base, ...freeze(view.base, nowMs) } };
}
