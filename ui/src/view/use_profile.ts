// From the view to what is drawn: query, changes, layout, matches. Each step is kept until what it
// depends on changes.

import { useMemo } from 'preact/hooks';
import { embedded, fetchTree, type Fetched, type OpenedQuery } from '../data/anneal';
import { useQuery, type Query } from '../data/query';
import { layOut, weights, type Layout } from '../profile/layout';
import { mostNodes } from '../data/limits';
import { readPattern, search, type Matches } from '../profile/search';
import { writeSelector } from '../profile/selector';
import type { View } from '../profile/state';
import { applyChanges, leadingFilters } from '../profile/transform';
import { findByHash, hasFolded, pathHashes, readTree, type Tree } from '../profile/tree';

export interface Shown {
  query: OpenedQuery;
  answer: Query<Fetched>;
  /** After focus, ignore, collapse. */
  tree: Tree | null;
  /** Nodes that the server folded, as far as the changes leave an "other" to open. */
  folded: number;
  layout: Layout | null;
  /** Of the tree's paths; made when first asked for. */
  hashes: () => Uint32Array;
  zoom: number;
  matches: Matches | null;
  searchError: string;
}

const fromFile = (tree: Tree): Fetched => ({ tree, made: 0, whole: tree.total[0] });

export function useProfile(view: View, type: string, nowMs: number, compare: boolean): Shown {
  const query: OpenedQuery = { type, now: view.now, base: compare ? view.base : null, nodes: Math.min(view.nodes, mostNodes()), nowMs, changes: view.changes, opened: view.opened };
  const side = (selection: View['now']) => [writeSelector(selection.service, selection.filters), selection.from, selection.until];
  const ready = type !== '' && view.now.service !== '';
  const key = embedded ? 'embedded' : ready ? JSON.stringify([type, side(view.now), compare && side(view.base), query.nodes, nowMs, leadingFilters(view.changes), view.opened]) : null;
  const answer = useQuery(key, (signal) => (embedded ? Promise.resolve().then(() => fromFile(readTree(embedded!.tree))) : fetchTree(query, signal)));
  const { data } = answer;
  const tree = useMemo(() => data && applyChanges(data.tree, view.changes.slice(data.made)), [data?.tree, data?.made, JSON.stringify(view.changes)]);
  const folded = useMemo(() => (data && tree && hasFolded(tree) ? data.tree.foldedNodes : 0), [tree]);
  const layout = useMemo(() => tree && layOut(tree, weights(tree, view.scale)), [tree, view.scale]);
  const hashes = useMemo(() => {
    let made: Uint32Array | null = null;
    return () => (made ??= tree ? pathHashes(tree) : new Uint32Array(1));
  }, [tree]);
  const zoom = useMemo(() => (tree && view.zoom ? findByHash(hashes(), view.zoom) : 0), [hashes, view.zoom]);
  const found = useMemo(() => {
    const pattern = readPattern(view.search);
    if (pattern instanceof Error) return { matches: null, searchError: pattern.message };
    return { matches: pattern && tree && layout ? search(tree, layout, pattern) : null, searchError: '' };
  }, [tree, layout, view.search]);
  return { query, answer, tree, folded, layout, hashes, zoom, ...found };
}
