// The top table: one row per function name, self and total, each sample of a recursive function once.

import type { Tree } from './tree';

export interface Row {
  name: string;
  file: string;
  kind: number;
  self: number;
  total: number;
  baseSelf: number;
  baseTotal: number;
}

export function topTable(tree: Tree): Row[] {
  const idOf = new Map<string, number>();
  const rows: Row[] = [];
  const rowOfFrame = tree.frames.name.map((name, frame) => {
    const known = idOf.get(name);
    if (known !== undefined) return known;
    idOf.set(name, rows.length);
    rows.push({
      name,
      file: tree.frames.file[frame],
      kind: tree.frames.kind[frame],
      self: 0,
      total: 0,
      baseSelf: 0,
      baseTotal: 0,
    });
    return rows.length - 1;
  });
  addOutermost(tree, rowOfFrame, rows);
  return rows.filter((row) => row.total !== 0 || row.baseTotal !== 0);
}

/** Depth first, with a count of open calls per row, so that only the outermost call adds to the total. */
function addOutermost(tree: Tree, rowOfFrame: number[], rows: Row[]): void {
  const first = new Int32Array(tree.size).fill(-1);
  const next = new Int32Array(tree.size).fill(-1);
  for (let node = tree.size - 1; node > 0; node--) {
    next[node] = first[tree.parent[node]];
    first[tree.parent[node]] = node;
  }
  const open = new Uint32Array(rows.length);
  let node = first[0];
  while (node > 0) {
    const id = rowOfFrame[tree.frame[node]];
    const row = rows[id];
    row.self += tree.self[node];
    row.baseSelf += tree.base?.self[node] ?? 0;
    if (open[id]++ === 0) {
      row.total += tree.total[node];
      row.baseTotal += tree.base?.total[node] ?? 0;
    }
    if (first[node] > 0) {
      node = first[node];
      continue;
    }
    open[id]--;
    while (node > 0 && next[node] < 0) {
      node = tree.parent[node];
      if (node > 0) open[rowOfFrame[tree.frame[node]]]--;
    }
    if (node > 0) node = next[node];
  }
}

export type SortKey = 'name' | 'self' | 'total' | 'change';

/** Share of the whole, now less before; what the diff table sorts by. */
export function change(row: Row, now: number, before: number): number {
  return (now > 0 ? row.total / now : 0) - (before > 0 ? row.baseTotal / before : 0);
}

export function sortRows(rows: readonly Row[], key: SortKey, descending: boolean, value: (row: Row) => number): Row[] {
  const sign = descending ? -1 : 1;
  const byName = (a: Row, b: Row) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
  if (key === 'name') return [...rows].sort((a, b) => sign * byName(a, b));
  return [...rows].sort((a, b) => sign * (value(a) - value(b)) || byName(a, b));
}
