// The flame graph for ears: the selected node, its ancestors, its siblings and its children as items of
// a tree. Only this neighbourhood is in the document; positions and set sizes tell of the rest.

import type { Layout, Scale } from '../profile/layout';
import { spoken } from '../profile/say';
import { pathTo, type Tree } from '../profile/tree';

const around = 12;

interface Props {
  tree: Tree;
  layout: Layout;
  selected: number;
  scale: Scale;
  prefix: string;
}

export function TreeTwin({ tree, layout, selected, scale, prefix }: Props) {
  const items = neighbourhood(tree, layout, selected);
  return (
    <div role="group" class="unseen">
      {items.map((node) => {
        const { start } = layout.children;
        const parent = tree.parent[node];
        const siblings = parent < 0 ? 1 : start[parent + 1] - start[parent];
        const hasChildren = start[node] < start[node + 1];
        return (
          <div
            key={node}
            id={`${prefix}-${node}`}
            role="treeitem"
            aria-level={layout.depth[node] + 1}
            aria-setsize={siblings}
            aria-posinset={parent < 0 ? 1 : positionOf(layout, parent, node)}
            aria-selected={node === selected}
            {...(hasChildren ? { 'aria-expanded': true } : {})}
          >
            {spoken(tree, node, layout.depth[node], scale)}
          </div>
        );
      })}
    </div>
  );
}

function positionOf(layout: Layout, parent: number, node: number): number {
  const { start, list } = layout.children;
  return list.subarray(start[parent], start[parent + 1]).indexOf(node) + 1;
}

function neighbourhood(tree: Tree, layout: Layout, selected: number): number[] {
  const { start, list } = layout.children;
  const path = pathTo(tree, selected);
  const parent = tree.parent[selected];
  const items = path.slice(0, -1);
  if (parent >= 0) {
    const place = positionOf(layout, parent, selected) - 1;
    const from = Math.max(start[parent], start[parent] + place - around);
    items.push(...list.subarray(from, Math.min(start[parent + 1], start[parent] + place + around + 1)));
  } else items.push(selected);
  const at = items.indexOf(selected);
  const children = list.subarray(start[selected], Math.min(start[selected + 1], start[selected] + around));
  return [...items.slice(0, at + 1), ...children, ...items.slice(at + 1)];
}
