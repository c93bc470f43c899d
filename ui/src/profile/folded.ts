// Folded stacks and JSON written by the page itself, for files that were opened without a server.

import type { Tree } from './tree';
import { pathTo } from './tree';

/** "main;work;leaf 12" per line. A ';' or a line break within a name would make two of it and becomes '_'. */
export function writeFolded(tree: Tree): string {
  const clean = tree.frames.name.map((name) => name.replace(/[;\n\r]/g, '_'));
  const lines: string[] = [];
  for (let node = 1; node < tree.size; node++) {
    if (tree.self[node] === 0) continue;
    const names = pathTo(tree, node).slice(1).map((each) => clean[tree.frame[each]]);
    lines.push(`${names.join(';')} ${tree.self[node]}`);
  }
  return lines.length > 0 ? `${lines.join('\n')}\n` : '';
}
