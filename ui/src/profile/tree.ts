// A merged profile as columns. Parents precede children, so that every algorithm over the whole
// tree is one pass forwards (paths) or backwards (sums). Node 0 is the root and has no frame.

export const Kind = { unknown: 0, go: 1, native: 2, kernel: 3, interpreted: 4, folded: 5 } as const;
export const kindNames = ['other code', 'Go', 'native', 'kernel', 'interpreted', 'folded'] as const;

/** One entry per function as the server tells them apart: name, file, kind. */
export interface Frames {
  name: string[];
  file: string[];
  line: number[];
  kind: number[];
  module: string[];
}

export interface Tree {
  sampleType: string;
  unit: string;
  /** Profiles that were merged; 0 when not known. */
  profiles: number;
  size: number;
  frames: Frames;
  parent: Int32Array;
  /** Index into frames; -1 for the root. */
  frame: Int32Array;
  self: Float64Array;
  total: Float64Array;
  inlined: Uint8Array;
  /** The baseline's numbers, when two profiles are compared. */
  base: { self: Float64Array; total: Float64Array } | null;
  /** Nodes that the server folded into frames named "other". */
  foldedNodes: number;
  /** What the root is called when it is no whole: the function of a sandwich. */
  rootName?: string;
  /** Of a tree made from another: where each of the other's nodes is in this one; -1: nowhere. */
  place?: Int32Array;
}

/** What GET /anneal/v1/tree answers. */
export interface TreeAnswer {
  schema: number;
  sampleType: string;
  unit: string;
  profiles?: number;
  total: number;
  strings: string[];
  frames: { name: number[]; file: number[]; line: number[]; kind: number[]; module: number[] };
  nodes: {
    parent: number[];
    frame: number[];
    self: number[];
    total: number[];
    inlined?: number[];
    baseSelf?: number[];
    baseTotal?: number[];
  };
  foldedNodes?: number;
}

/** Checks and converts an answer; throws an Error that says what is wrong with it. */
export function readTree(answer: TreeAnswer): Tree {
  if (answer.schema !== 1) throw new Error(`this page reads trees of schema 1, the server sent ${answer.schema}`);
  const { strings, frames, nodes } = answer;
  const size = nodes.parent.length;
  const same = [nodes.frame, nodes.self, nodes.total].every((column) => column.length === size);
  if (size === 0 || !same) throw new Error('the tree has columns of unequal length');
  const text = (ids: number[]) => ids.map((id) => strings[id] ?? '');
  const tree: Tree = {
    sampleType: answer.sampleType,
    unit: answer.unit,
    profiles: answer.profiles ?? 0,
    size,
    frames: {
      name: text(frames.name),
      file: text(frames.file),
      line: frames.line,
      kind: frames.kind,
      module: text(frames.module),
    },
    parent: new Int32Array(nodes.parent),
    frame: new Int32Array(nodes.frame),
    self: new Float64Array(nodes.self),
    total: new Float64Array(nodes.total),
    inlined: nodes.inlined ? new Uint8Array(nodes.inlined) : new Uint8Array(size),
    base:
      nodes.baseSelf && nodes.baseTotal
        ? { self: new Float64Array(nodes.baseSelf), total: new Float64Array(nodes.baseTotal) }
        : null,
    foldedNodes: answer.foldedNodes ?? 0,
  };
  for (let node = 1; node < size; node++) {
    const parent = tree.parent[node];
    if (!(parent >= 0 && parent < node)) throw new Error(`node ${node} of the tree comes before its parent`);
    const frame = tree.frame[node];
    if (!(frame >= 0 && frame < tree.frames.name.length)) throw new Error(`node ${node} of the tree has no frame`);
  }
  return tree;
}

export function nameOf(tree: Tree, node: number): string {
  return node === 0 ? (tree.rootName ?? 'all') : tree.frames.name[tree.frame[node]];
}

export const isFolded = (tree: Tree, node: number) => node > 0 && tree.frames.kind[tree.frame[node]] === Kind.folded;

export function hasFolded(tree: Tree): boolean {
  const at = tree.frames.kind.indexOf(Kind.folded);
  return at >= 0 && tree.frame.includes(at);
}

export function isEmpty(tree: Tree): boolean {
  return tree.total[0] === 0 && (tree.base === null || tree.base.total[0] === 0);
}

/** Root first, the node last. */
export function pathTo(tree: Tree, node: number): number[] {
  const path = [];
  for (let at = node; at >= 0; at = tree.parent[at]) path.push(at);
  return path.reverse();
}

function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** A number for each node that depends on the names of its path alone, so that a link finds the node again. */
export function pathHashes(tree: Tree): Uint32Array {
  const names = tree.frames.name.map(hashText);
  const hashes = new Uint32Array(tree.size);
  hashes[0] = 0x9e3779b9;
  for (let node = 1; node < tree.size; node++) {
    const mixed = Math.imul(hashes[tree.parent[node]] ^ names[tree.frame[node]], 0x85ebca6b);
    hashes[node] = (mixed ^ (mixed >>> 15)) >>> 0;
  }
  return hashes;
}

export function findByHash(hashes: Uint32Array, hex: string): number {
  const wanted = Number.parseInt(hex, 16);
  const node = Number.isNaN(wanted) ? -1 : hashes.indexOf(wanted);
  return node < 0 ? 0 : node;
}

/** Children of all nodes in one array: those of n are list[start[n]] … list[start[n + 1] - 1]. */
export interface Children {
  start: Int32Array;
  list: Int32Array;
}

/** Heaviest first; of equal weight in the tree's order. */
export function childrenByWeight(tree: Tree, weight: Float64Array): Children {
  const start = new Int32Array(tree.size + 1);
  for (let node = 1; node < tree.size; node++) start[tree.parent[node] + 1]++;
  for (let node = 0; node < tree.size; node++) start[node + 1] += start[node];
  const fill = start.slice(0, tree.size);
  const list = new Int32Array(Math.max(0, tree.size - 1));
  for (let node = 1; node < tree.size; node++) list[fill[tree.parent[node]]++] = node;
  for (let node = 0; node < tree.size; node++) {
    let i = start[node] + 1;
    while (i < start[node + 1] && weight[list[i - 1]] >= weight[list[i]]) i++;
    if (i < start[node + 1]) {
      list.subarray(start[node], start[node + 1]).sort((a, b) => weight[b] - weight[a] || a - b);
    }
  }
  return { start, list };
}
