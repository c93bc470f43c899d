// Arrow keys in the graph go where they point: towards the leaves, towards the root, to the neighbour
// of the same depth.

import type { Layout } from '../profile/layout';
import type { Tree } from '../profile/tree';

/** The node that the key leads to, or null when it is none of ours. */
export function moveSelection(layout: Layout, tree: Tree, node: number, key: string, flip: boolean): number | null {
  const inward = flip ? 'ArrowUp' : 'ArrowDown';
  const outward = flip ? 'ArrowDown' : 'ArrowUp';
  const { children } = layout;
  const firstChild = children.list[children.start[node]];
  switch (key) {
    case inward:
      return children.start[node] < children.start[node + 1] && layout.width[firstChild] > 0 ? firstChild : node;
    case outward:
      return Math.max(0, tree.parent[node]);
    case 'ArrowLeft':
      return neighbour(layout, node, -1);
    case 'ArrowRight':
      return neighbour(layout, node, 1);
    case 'Home':
      return 0;
    case 'End':
      return deepest(layout, node);
    default:
      return null;
  }
}

function neighbour(layout: Layout, node: number, by: 1 | -1): number {
  const row = layout.rows[layout.depth[node]];
  const next = row[row.indexOf(node) + by];
  return next !== undefined && layout.width[next] > 0 ? next : node;
}

/** Down the heaviest path: where the time of this node goes. */
function deepest(layout: Layout, node: number): number {
  const { children } = layout;
  let at = node;
  while (children.start[at] < children.start[at + 1] && layout.width[children.list[children.start[at]]] > 0) {
    at = children.list[children.start[at]];
  }
  return at;
}
