// Search over function names: literal and without regard to case; /…/ is a regular expression.

import type { Layout } from './layout';
import type { Tree } from './tree';

export interface Pattern {
  test: (name: string) => boolean;
  /** 1 for each of the names that match. */
  testAll: (names: readonly string[]) => Uint8Array;
}

const lowered = new WeakMap<readonly string[], string[]>();

/** A tree's names in lower case, kept as long as the tree is: every letter typed asks for them. */
function lowerCase(names: readonly string[]): string[] {
  const known = lowered.get(names) ?? names.map((name) => name.toLowerCase());
  lowered.set(names, known);
  return known;
}

function mark(names: readonly string[], test: (name: string) => boolean): Uint8Array {
  const marks = new Uint8Array(names.length);
  for (let i = 0; i < names.length; i++) if (test(names[i])) marks[i] = 1;
  return marks;
}

/** null for no search; an Error says what is wrong with a regular expression. */
export function readPattern(text: string): Pattern | Error | null {
  if (text === '') return null;
  const regex = /^\/(.+)\/(i?)$/.exec(text);
  if (!regex) {
    const wanted = text.toLowerCase();
    return {
      test: (name) => name.toLowerCase().includes(wanted),
      testAll: (names) => mark(lowerCase(names), (name) => name.includes(wanted)),
    };
  }
  try {
    const compiled = new RegExp(regex[1], `u${regex[2]}`);
    const test = (name: string) => compiled.test(name);
    return { test, testAll: (names) => mark(names, test) };
  } catch (error) {
    return new Error(error instanceof Error ? error.message : String(error));
  }
}

export interface Matches {
  /** 1 for each frame (function) whose name matches. */
  frames: Uint8Array;
  functions: number;
  /** How many nodes match. */
  count: number;
  /** They, in reading order: by x, then by depth. Made when first asked for: the count is what is shown at once. */
  nodes: () => Int32Array;
  /** Value under any match, each sample counted once. */
  value: number;
  baseValue: number;
}

export function search(tree: Tree, layout: Layout, pattern: Pattern): Matches {
  const frames = pattern.testAll(tree.frames.name);
  const { size, parent, frame, total, base } = tree;
  const under = new Uint8Array(size);
  let count = 0;
  let value = 0;
  let baseValue = 0;
  for (let node = 1; node < size; node++) {
    const inside = under[parent[node]];
    const hit = frames[frame[node]];
    under[node] = inside | hit;
    count += hit;
    if (hit && !inside) {
      value += total[node];
      if (base) baseValue += base.total[node];
    }
  }
  let nodes: Int32Array | null = null;
  return { frames, functions: frames.reduce((sum, hit) => sum + hit, 0), count, nodes: () => (nodes ??= inOrder(tree, layout, frames, count)), value, baseValue };
}

function inOrder({ size, frame }: Tree, { left, depth }: Layout, frames: Uint8Array, count: number): Int32Array {
  const nodes = new Int32Array(count);
  let next = 0;
  for (let node = 1; node < size; node++) if (frames[frame[node]]) nodes[next++] = node;
  return nodes.sort((a, b) => left[a] - left[b] || depth[a] - depth[b]);
}
