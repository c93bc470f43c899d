// A tree with one of its "other" opened: what the server folded below a node is replaced by an answer about
// that part alone.

import { isFolded, pathHashes, pathTo, type Frames, type Tree } from './tree';

/** Where an "other" lies: the names from the root to its caller, and how many callees of that are shown. */
export interface Part {
  path: string[];
  skip: number;
}

type Column = Int32Array | Float64Array | Uint8Array;

/** null when there is no node of this hash, or nothing folded below it. */
export function partAt(tree: Tree, hash: string): Part | null {
  const node = findNode(tree, hash);
  if (node < 0 || foldedBelow(tree, node) < 0) return null;
  let shown = -1; // "other" itself does not count
  for (let at = 1; at < tree.size; at++) if (tree.parent[at] === node) shown++;
  const path = pathTo(tree, node).slice(1);
  return { path: path.map((each) => tree.frames.name[tree.frame[each]]), skip: shown };
}

const findNode = (tree: Tree, hash: string) => pathHashes(tree).indexOf(Number.parseInt(hash, 16));

function foldedBelow(tree: Tree, node: number): number {
  for (let at = tree.size - 1; at > node; at--) if (tree.parent[at] === node && isFolded(tree, at)) return at;
  return -1;
}

/** `part` is the answer about the "other" below the node of this hash. Totals stay: what it lacks stays "other". */
export function graft(tree: Tree, part: Tree, hash: string): Tree {
  const node = findNode(tree, hash);
  const other = node < 0 ? -1 : foldedBelow(tree, node);
  const from = findNode(part, hash);
  if (other < 0 || from < 0) return tree;
  const frames = unite(tree.frames, part.frames);
  const place = new Int32Array(part.size).fill(-1);
  place[from] = node;
  const added: number[] = [];
  const lack = { total: tree.total[other], base: tree.base?.total[other] ?? 0 };
  let real = 0;
  for (let at = from + 1; at < part.size; at++) {
    const parent = place[part.parent[at]];
    if (parent < 0) continue;
    place[at] = tree.size + added.length;
    added.push(at);
    if (!isFolded(part, at)) real++;
    if (parent !== node) continue;
    lack.total -= part.total[at];
    lack.base -= part.base?.total[at] ?? 0;
  }
  const rest = { total: Math.max(0, lack.total), base: Math.max(0, lack.base) };
  const longer = <T extends Column>(own: T, read: (at: number) => number): T => {
    const all = new (own.constructor as new (size: number) => T)(tree.size + added.length);
    all.set(own);
    added.forEach((at, i) => (all[tree.size + i] = read(at)));
    return all;
  };
  const values = (own: Float64Array, theirs: Float64Array, left: number) => {
    const all = longer(own, (at) => theirs[at]);
    all[other] = left;
    return all;
  };
  const whole: Tree = {
    ...tree,
    size: tree.size + added.length,
    frames: frames.all,
    parent: longer(tree.parent, (at) => place[part.parent[at]]),
    frame: longer(tree.frame, (at) => frames.ofPart[part.frame[at]]),
    inlined: longer(tree.inlined, (at) => part.inlined[at]),
    self: values(tree.self, part.self, rest.total),
    total: values(tree.total, part.total, rest.total),
    base: tree.base && part.base ? { self: values(tree.base.self, part.base.self, rest.base), total: values(tree.base.total, part.base.total, rest.base) } : null,
    foldedNodes: Math.max(0, tree.foldedNodes - real),
  };
  return rest.total > 0 || rest.base > 0 ? whole : without(whole, other);
}

/** Without one leaf. */
function without(tree: Tree, leaf: number): Tree {
  const kept = <T extends Column>(column: T) => column.filter((_, i) => i !== leaf) as T;
  return {
    ...tree,
    size: tree.size - 1,
    parent: kept(tree.parent).map((parent) => (parent > leaf ? parent - 1 : parent)),
    frame: kept(tree.frame),
    inlined: kept(tree.inlined),
    self: kept(tree.self),
    total: kept(tree.total),
    base: tree.base && { self: kept(tree.base.self), total: kept(tree.base.total) },
  };
}

/** The frames of both, and where each of the second's is among them. */
function unite(own: Frames, other: Frames): { all: Frames; ofPart: Int32Array } {
  const all: Frames = { name: [...own.name], file: [...own.file], line: [...own.line], kind: [...own.kind], module: [...own.module] };
  const key = (of: Frames, i: number) => JSON.stringify([of.name[i], of.file[i], of.kind[i], of.module[i]]);
  const known = new Map(own.name.map((_, i) => [key(own, i), i]));
  const ofPart = Int32Array.from(other.name, (name, i) => {
    const found = known.get(key(other, i));
    if (found !== undefined) return found;
    all.name.push(name);
    all.file.push(other.file[i]);
    all.line.push(other.line[i]);
    all.kind.push(other.kind[i]);
    all.module.push(other.module[i]);
    return all.name.length - 1;
  });
  return { all, ofPart };
}
