// A tree with one of its nodes opened: what the server folded below it is replaced by an answer about
// that path alone.

import { Kind, pathHashes, pathTo, type Frames, type Tree } from './tree';

/** Names from the root to the node with this hash; null when it is not there or is no real function. */
export function namesTo(tree: Tree, hash: string): string[] | null {
  const node = pathHashes(tree).indexOf(Number.parseInt(hash, 16));
  if (node < 0) return null;
  const frames = pathTo(tree, node).slice(1).map((each) => tree.frame[each]);
  return frames.some((frame) => tree.frames.kind[frame] === Kind.folded) ? null : frames.map((frame) => tree.frames.name[frame]);
}

/** `part` is the tree of the stacks that begin with the path to the node of this hash. */
export function graft(tree: Tree, part: Tree, hash: string): Tree {
  const wanted = Number.parseInt(hash, 16);
  const node = pathHashes(tree).indexOf(wanted);
  const from = pathHashes(part).indexOf(wanted);
  if (node < 0 || from < 0) return tree;
  const below = (of: Tree, top: number) => {
    const inside = new Uint8Array(of.size);
    for (let at = top + 1; at < of.size; at++) inside[at] = of.parent[at] === top || inside[of.parent[at]] ? 1 : 0;
    return inside;
  };
  const replaced = below(tree, node);
  const added = below(part, from);
  const frames = unite(tree.frames, part.frames);
  const rows: { source: Tree; at: number; parent: number; frame: number }[] = [];
  const place = new Int32Array(tree.size);
  const placeOfPart = new Int32Array(part.size);
  let folded = tree.foldedNodes;
  for (let at = 0; at < tree.size; at++) {
    if (replaced[at]) continue;
    place[at] = rows.length;
    rows.push({ source: tree, at, parent: at === 0 ? -1 : place[tree.parent[at]], frame: tree.frame[at] });
    if (at !== node) continue;
    placeOfPart[from] = place[at];
    for (let each = from + 1; each < part.size; each++) {
      if (!added[each]) continue;
      placeOfPart[each] = rows.length;
      rows.push({ source: part, at: each, parent: placeOfPart[part.parent[each]], frame: frames.ofPart[part.frame[each]] });
    }
  }
  folded = rows.some(({ frame }) => frame >= 0 && frames.all.kind[frame] === Kind.folded) ? Math.max(1, folded - (rows.length - tree.size)) : 0;
  const column = (read: (source: Tree) => Float64Array) => Float64Array.from(rows, ({ source, at }) => read(source)[at]);
  return {
    ...tree,
    size: rows.length,
    frames: frames.all,
    parent: Int32Array.from(rows, (row) => row.parent),
    frame: Int32Array.from(rows, (row) => row.frame),
    inlined: Uint8Array.from(rows, ({ source, at }) => source.inlined[at]),
    self: column((source) => source.self),
    total: column((source) => source.total),
    base: tree.base && part.base ? { self: column((source) => source.base!.self), total: column((source) => source.base!.total) } : null,
    foldedNodes: folded,
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
