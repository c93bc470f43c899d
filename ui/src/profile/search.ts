// Search over function names: literal and without regard to case; /…/ is a regular expression.

import type { Layout } from './layout';
import type { Tree } from './tree';

export interface Pattern {
  test: (name: string) => boolean;
}

/** null for no search; an Error says what is wrong with a regular expression. */
export function readPattern(text: string): Pattern | Error | null {
  if (text === '') return null;
  const regex = /^\/(.+)\/(i?)$/.exec(text);
  if (!regex) {
    const wanted = text.toLowerCase();
    return { test: (name) => name.toLowerCase().includes(wanted) };
  }
  try {
    const compiled = new RegExp(regex[1], `u${regex[2]}`);
    return { test: (name) => compiled.test(name) };
  } catch (error) {
    return new Error(error instanceof Error ? error.message : String(error));
  }
}

export interface Matches {
  /** 1 for each frame (function) whose name matches. */
  frames: Uint8Array;
  functions: number;
  /** Matching nodes in reading order: by x, then by depth. */
  nodes: Int32Array;
  /** Value under any match, each sample counted once. */
  value: number;
  baseValue: number;
}

export function search(tree: Tree, layout: Layout, pattern: Pattern): Matches {
  const frames = new Uint8Array(tree.frames.name.length);
  let functions = 0;
  tree.frames.name.forEach((name, frame) => {
    if (pattern.test(name)) {
      frames[frame] = 1;
      functions++;
    }
  });
  const under = new Uint8Array(tree.size);
  const nodes: number[] = [];
  let value = 0;
  let baseValue = 0;
  for (let node = 1; node < tree.size; node++) {
    const inside = under[tree.parent[node]] === 1;
    const hit = frames[tree.frame[node]] === 1;
    under[node] = inside || hit ? 1 : 0;
    if (hit) nodes.push(node);
    if (hit && !inside) {
      value += tree.total[node];
      baseValue += tree.base?.total[node] ?? 0;
    }
  }
  nodes.sort((a, b) => layout.left[a] - layout.left[b] || layout.depth[a] - layout.depth[b]);
  return { frames, functions, nodes: Int32Array.from(nodes), value, baseValue };
}
