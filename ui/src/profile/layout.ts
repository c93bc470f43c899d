// Where each node lies: a span of [0, 1] and a depth. The nodes of a depth are kept in order of x, so
// that painting and hit tests find theirs by bisection and cost what is visible, not what exists.

import { childrenByWeight, type Children, type Tree } from './tree';

export interface Layout {
  children: Children;
  left: Float64Array;
  width: Float64Array;
  depth: Uint16Array;
  /** Nodes of each depth, from left to right. */
  rows: Int32Array[];
}

export type Scale = 'share' | 'absolute';

/** How wide a node is: its value; when comparing, the sum of both sides, so that what vanished stays visible. */
export function weights(tree: Tree, scale: Scale): Float64Array {
  if (!tree.base) return tree.total;
  const [now, before] = scale === 'share' ? [tree.total[0] || 1, tree.base.total[0] || 1] : [1, 1];
  const { total: base } = tree.base;
  return tree.total.map((value, node) => value / now + base[node] / before);
}

export function layOut(tree: Tree, weight: Float64Array): Layout {
  const children = childrenByWeight(tree, weight);
  const left = new Float64Array(tree.size);
  const width = new Float64Array(tree.size);
  const depth = new Uint16Array(tree.size);
  const scale = weight[0] > 0 ? 1 / weight[0] : 0;
  for (let node = 0; node < tree.size; node++) {
    width[node] = weight[node] * scale;
    if (node > 0) depth[node] = depth[tree.parent[node]] + 1;
    let x = left[node];
    for (let i = children.start[node]; i < children.start[node + 1]; i++) {
      const child = children.list[i];
      left[child] = x;
      x += weight[child] * scale;
    }
  }
  return { children, left, width, depth, rows: rowsOf(tree.size, depth, children) };
}

/** A walk that takes children in their order meets each depth from left to right. */
function rowsOf(size: number, depth: Uint16Array, { start, list }: Children): Int32Array[] {
  const counts: number[] = [];
  for (let node = 0; node < size; node++) counts[depth[node]] = (counts[depth[node]] ?? 0) + 1;
  const rows = counts.map((count) => new Int32Array(count));
  const fill = counts.map(() => 0);
  const pending = new Int32Array(size);
  for (let count = 1; count > 0; ) {
    const node = pending[--count];
    rows[depth[node]][fill[depth[node]]++] = node;
    for (let i = start[node + 1]; i-- > start[node]; ) pending[count++] = list[i];
  }
  return rows;
}

/** Index in the row, not before `from`, of the first node that ends right of x. Near ones are found soonest. */
export function firstEndingAfter(layout: Layout, row: Int32Array, x: number, from = 0): number {
  let low = from;
  let high = from;
  for (let step = 1; high < row.length && layout.left[row[high]] + layout.width[row[high]] <= x; step *= 2) {
    low = high + 1;
    high += step;
  }
  high = Math.min(high, row.length);
  while (low < high) {
    const middle = (low + high) >> 1;
    const node = row[middle];
    if (layout.left[node] + layout.width[node] <= x) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The node at x (in [0, 1]) of a depth, or -1. */
export function nodeAt(layout: Layout, x: number, depth: number): number {
  const row = layout.rows[depth];
  if (!row) return -1;
  const node = row[firstEndingAfter(layout, row, x)];
  return node !== undefined && layout.left[node] <= x && layout.width[node] > 0 ? node : -1;
}

/** The part of [0, 1] that is on the screen. */
export interface Window {
  left: number;
  right: number;
}

export const wholeWindow: Window = { left: 0, right: 1 };
const narrowest = 1e-9;

export function clampWindow(window: Window): Window {
  const span = Math.min(1, Math.max(narrowest, window.right - window.left));
  const left = Math.min(1 - span, Math.max(0, window.left));
  return { left, right: left + span };
}

export function windowOf(layout: Layout, node: number): Window {
  return layout.width[node] > 0 ? clampWindow({ left: layout.left[node], right: layout.left[node] + layout.width[node] }) : wholeWindow;
}

/** Makes the window `factor` times as wide, keeping the point at `anchor` (in [0, 1] of the screen) in place. */
export function zoomWindow(window: Window, factor: number, anchor: number): Window {
  const span = window.right - window.left;
  const next = Math.min(1, span * factor);
  const left = window.left + (span - next) * anchor;
  return clampWindow({ left, right: left + next });
}

/** Moves by a share of the window's width. */
export function panWindow(window: Window, share: number): Window {
  const by = (window.right - window.left) * share;
  return clampWindow({ left: window.left + by, right: window.right + by });
}
