// Trees made from trees: focus, ignore, collapse, and the two halves of a sandwich. Each walks the
// nodes once, parents first, and builds the result through a TreeBuilder that merges equal paths.

import { Kind, type Tree } from './tree';

export type Change = { kind: 'focus' | 'ignore' | 'collapse'; name: string } | { kind: 'recursion' };

/** Merges nodes of the same parent and frame. */
class TreeBuilder {
  readonly parent: number[] = [-1];
  readonly frame: number[] = [-1];
  readonly inlined: number[] = [0];
  readonly self: number[] = [0];
  readonly baseSelf: number[] = [0];
  private readonly ids = new Map<number, number>();

  constructor(private readonly source: Tree) {}

  child(parent: number, frame: number, inlined: number): number {
    const key = parent * (this.source.frames.name.length + 1) + frame;
    const known = this.ids.get(key);
    if (known !== undefined) {
      // A function that is called once for real is not shown as inlined.
      if (inlined === 0) this.inlined[known] = 0;
      return known;
    }
    const id = this.parent.length;
    this.ids.set(key, id);
    this.parent.push(parent);
    this.frame.push(frame);
    this.inlined.push(inlined);
    this.self.push(0);
    this.baseSelf.push(0);
    return id;
  }

  add(node: number, value: number, baseValue: number): void {
    this.self[node] += value;
    this.baseSelf[node] += baseValue;
  }

  finish(place?: Int32Array): Tree {
    const size = this.parent.length;
    const self = Float64Array.from(this.self);
    const baseSelf = Float64Array.from(this.baseSelf);
    const parent = Int32Array.from(this.parent);
    return {
      ...this.source,
      size,
      parent,
      frame: Int32Array.from(this.frame),
      inlined: Uint8Array.from(this.inlined),
      self,
      total: sumUp(parent, self),
      base: this.source.base ? { self: baseSelf, total: sumUp(parent, baseSelf) } : null,
      ...(place ? { place } : {}),
    };
  }
}

function sumUp(parent: Int32Array, self: Float64Array): Float64Array {
  const total = self.slice();
  for (let node = total.length - 1; node > 0; node--) total[parent[node]] += total[node];
  return total;
}

function framesNamed(tree: Tree, name: string): Uint8Array {
  return Uint8Array.from(tree.frames.name, (each) => (each === name ? 1 : 0));
}

function applyChange(tree: Tree, change: Change): Tree {
  switch (change.kind) {
    case 'focus':
      return focus(tree, change.name);
    case 'ignore':
      return ignore(tree, change.name);
    case 'collapse':
      return collapse(tree, change.name);
    case 'recursion':
      return collapseRecursion(tree);
  }
}

export function applyChanges(tree: Tree, changes: readonly Change[]): Tree {
  return changes.reduce(applyChange, tree);
}

/** The nodes of the tree that the changes made into this one of theirs. */
export function sourcesOf(tree: Tree, changes: readonly Change[], node: number): number[] {
  const place = Int32Array.from({ length: tree.size }, (_, i) => i);
  changes.reduce((at, change) => {
    const next = applyChange(at, change);
    for (let i = 0; i < place.length; i++) if (place[i] >= 0) place[i] = next.place![place[i]];
    return next;
  }, tree);
  return [...place.keys()].filter((each) => place[each] === node);
}

/** Focus and ignore at the beginning: what a server can do before it folds. */
export function leadingFilters(changes: readonly Change[]): Change[] {
  const end = changes.findIndex(({ kind }) => kind !== 'focus' && kind !== 'ignore');
  return changes.slice(0, end < 0 ? changes.length : end);
}

/** Only the stacks that go through the function, callers kept. */
export function focus(tree: Tree, name: string): Tree {
  const wanted = framesNamed(tree, name);
  const inside = new Uint8Array(tree.size);
  const kept = new Uint8Array(tree.size);
  for (let node = 1; node < tree.size; node++) {
    inside[node] = inside[tree.parent[node]] || wanted[tree.frame[node]];
  }
  for (let node = tree.size - 1; node > 0; node--) {
    if (inside[node]) kept[node] = 1;
    if (kept[node]) kept[tree.parent[node]] = 1;
  }
  return copyNodes(tree, (node) => kept[node] === 1, (node) => inside[node] === 1);
}

/** Without the stacks that go through the function. */
export function ignore(tree: Tree, name: string): Tree {
  const dropped = framesNamed(tree, name);
  const gone = new Uint8Array(tree.size);
  for (let node = 1; node < tree.size; node++) gone[node] = gone[tree.parent[node]] || dropped[tree.frame[node]];
  return copyNodes(tree, (node) => gone[node] === 0, () => true);
}

function copyNodes(tree: Tree, keep: (node: number) => boolean, count: (node: number) => boolean): Tree {
  const builder = new TreeBuilder(tree);
  const target = new Int32Array(tree.size).fill(-1, 1);
  if (count(0)) builder.add(0, tree.self[0], tree.base?.self[0] ?? 0);
  for (let node = 1; node < tree.size; node++) {
    if (!keep(node)) continue;
    target[node] = builder.child(target[tree.parent[node]], tree.frame[node], tree.inlined[node]);
    if (count(node)) builder.add(target[node], tree.self[node], tree.base?.self[node] ?? 0);
  }
  return builder.finish(target);
}

/** What lies below the function counts as the function's own. */
export function collapse(tree: Tree, name: string): Tree {
  const leaf = framesNamed(tree, name);
  return rebuild(tree, (node, parentTarget, builder, inLeaf) => {
    if (inLeaf[tree.parent[node]]) {
      inLeaf[node] = 1;
      return parentTarget;
    }
    inLeaf[node] = leaf[tree.frame[node]];
    return builder.child(parentTarget, tree.frame[node], tree.inlined[node]);
  });
}

/** A function that calls itself, directly or through others, returns to its topmost call. */
export function collapseRecursion(tree: Tree): Tree {
  const builder = new TreeBuilder(tree);
  const target = new Int32Array(tree.size);
  builder.add(0, tree.self[0], tree.base?.self[0] ?? 0);
  for (let node = 1; node < tree.size; node++) {
    const parentTarget = target[tree.parent[node]];
    let same = parentTarget;
    const mergeable = tree.frames.kind[tree.frame[node]] !== Kind.folded;
    while (mergeable && same > 0 && builder.frame[same] !== tree.frame[node]) same = builder.parent[same];
    target[node] =
      mergeable && same > 0 ? same : builder.child(parentTarget, tree.frame[node], tree.inlined[node]);
    builder.add(target[node], tree.self[node], tree.base?.self[node] ?? 0);
  }
  return builder.finish(target);
}

type Place = (node: number, parentTarget: number, builder: TreeBuilder, flags: Uint8Array) => number;

function rebuild(tree: Tree, place: Place): Tree {
  const builder = new TreeBuilder(tree);
  const target = new Int32Array(tree.size);
  const flags = new Uint8Array(tree.size);
  builder.add(0, tree.self[0], tree.base?.self[0] ?? 0);
  for (let node = 1; node < tree.size; node++) {
    target[node] = place(node, target[tree.parent[node]], builder, flags);
    builder.add(target[node], tree.self[node], tree.base?.self[node] ?? 0);
  }
  return builder.finish(target);
}

/** All calls of the function put together, the function as the root. Recursion stays inside. */
export function callees(tree: Tree, name: string): Tree {
  const wanted = framesNamed(tree, name);
  const builder = new TreeBuilder(tree);
  const target = new Int32Array(tree.size).fill(-1);
  for (let node = 1; node < tree.size; node++) {
    const above = target[tree.parent[node]];
    if (above < 0 && !wanted[tree.frame[node]]) continue;
    target[node] = above < 0 ? 0 : builder.child(above, tree.frame[node], tree.inlined[node]);
    builder.add(target[node], tree.self[node], tree.base?.self[node] ?? 0);
  }
  return { ...builder.finish(), rootName: name };
}

/** Who called the function, which is the root: its stacks upside down. A sample in recursion counts once, at the topmost call. */
export function callers(tree: Tree, name: string): Tree {
  const wanted = framesNamed(tree, name);
  const builder = new TreeBuilder(tree);
  const inside = new Uint8Array(tree.size);
  for (let node = 1; node < tree.size; node++) {
    const above = inside[tree.parent[node]];
    inside[node] = above || wanted[tree.frame[node]];
    if (above || !inside[node]) continue;
    let target = 0;
    for (let at = tree.parent[node]; at > 0; at = tree.parent[at]) target = builder.child(target, tree.frame[at], tree.inlined[at]);
    builder.add(target, tree.total[node], tree.base?.total[node] ?? 0);
  }
  return { ...builder.finish(), rootName: name };
}
