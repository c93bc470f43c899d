// The call tree as an outline, with the keys that trees have everywhere. Children are put into the
// document when their parent is opened.

import { useEffect, useRef, useState } from 'preact/hooks';
import { display } from '../profile/names';
import type { Layout, Scale } from '../profile/layout';
import { kindText, numbersOf } from '../profile/say';
import { isFolded, nameOf, pathTo, type Tree } from '../profile/tree';

const mostChildren = 200;

interface Props {
  tree: Tree;
  layout: Layout;
  scale: Scale;
  selected: number;
  onSelect: (node: number) => void;
  /** Asks for what "other" stands for. */
  onOpen: (node: number) => void;
}

export function CallTree({ tree, layout, scale, selected, onSelect, onOpen }: Props) {
  const [open, setOpen] = useState<ReadonlySet<number>>(() => new Set(pathTo(tree, selected).concat(hotPath(layout))));
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => setOpen(new Set(pathTo(tree, selected).concat(hotPath(layout)))), [tree]);
  const rows = visibleRows(layout, open);
  useEffect(() => box.current?.querySelector(`[data-node="${selected}"]`)?.scrollIntoView({ block: 'nearest' }), [selected]);
  const toggle = (node: number, wanted: boolean) => {
    if (isFolded(tree, node)) return onOpen(node);
    const next = new Set(open);
    if (wanted) next.add(node);
    else next.delete(node);
    setOpen(next);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const place = rows.indexOf(selected);
    const { start, list } = layout.children;
    const parentOf = start[selected] < start[selected + 1];
    if (event.key === 'ArrowDown') onSelect(rows[Math.min(rows.length - 1, place + 1)]);
    else if (event.key === 'ArrowUp') onSelect(rows[Math.max(0, place - 1)]);
    else if (event.key === 'Home') onSelect(0);
    else if (event.key === 'End') onSelect(rows[rows.length - 1]);
    else if (event.key === 'ArrowRight' && parentOf) open.has(selected) ? onSelect(list[start[selected]]) : toggle(selected, true);
    else if (event.key === 'ArrowLeft') open.has(selected) && parentOf ? toggle(selected, false) : onSelect(Math.max(0, tree.parent[selected]));
    else if (event.key === 'Enter' || event.key === ' ') toggle(selected, !open.has(selected));
    else return;
    event.preventDefault();
  };
  return (
    <div
      class="panel call-tree"
      ref={box}
      role="tree"
      tabIndex={0}
      aria-label="Call tree"
      aria-activedescendant={`call-${selected}`}
      onKeyDown={onKeyDown}
    >
      {rows.map((node) => (
        <Item key={node} tree={tree} layout={layout} scale={scale} node={node} open={open.has(node)} selected={node === selected} onSelect={onSelect} onToggle={toggle} />
      ))}
    </div>
  );
}

interface ItemProps {
  tree: Tree;
  layout: Layout;
  scale: Scale;
  node: number;
  open: boolean;
  selected: boolean;
  onSelect: (node: number) => void;
  onToggle: (node: number, open: boolean) => void;
}

function Item({ tree, layout, scale, node, open, selected, onSelect, onToggle }: ItemProps) {
  const { start, list } = layout.children;
  const numbers = numbersOf(tree, node, scale);
  const parent = tree.parent[node];
  const place = parent < 0 ? 0 : list.subarray(start[parent], start[parent + 1]).indexOf(node);
  const branches = start[node] < start[node + 1];
  return (
    <div
      id={`call-${node}`}
      data-node={node}
      role="treeitem"
      aria-level={layout.depth[node] + 1}
      aria-posinset={place + 1}
      aria-setsize={parent < 0 ? 1 : start[parent + 1] - start[parent]}
      aria-selected={selected}
      {...(branches ? { 'aria-expanded': open } : {})}
      onClick={() => {
        onSelect(node);
        if (branches || isFolded(tree, node)) onToggle(node, !open);
      }}
    >
      <span class="tree-share">{numbers.share}</span>
      <span class="soft tree-value">{numbers.total}</span>
      {numbers.change && <b class="tree-value">{numbers.change}</b>}
      <span class="twig" aria-hidden="true" style={{ marginInlineStart: `${Math.min(60, layout.depth[node]) * 14}px` }}>
        {branches ? (open ? '▾' : '▸') : ''}
      </span>
      <bdi class="mono">{display(nameOf(tree, node))}</bdi>
      {tree.inlined[node] === 1 && <span class="tag">{kindText(tree, node)}</span>}
    </div>
  );
}

/** Opened at first: where most of the time goes. */
function hotPath(layout: Layout): number[] {
  const { start, list } = layout.children;
  const path = [0];
  for (let node = 0; start[node] < start[node + 1] && path.length < 12; ) {
    node = list[start[node]];
    path.push(node);
  }
  return path;
}

function visibleRows(layout: Layout, open: ReadonlySet<number>): number[] {
  const { start, list } = layout.children;
  const rows: number[] = [];
  const walk = (node: number) => {
    rows.push(node);
    if (!open.has(node)) return;
    const last = Math.min(start[node + 1], start[node] + mostChildren);
    for (let i = start[node]; i < last; i++) if (layout.width[list[i]] > 0) walk(list[i]);
  };
  walk(0);
  return rows;
}
