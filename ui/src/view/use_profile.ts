// From the view to what is drawn: query, changes, layout, matches. Each step is kept until what it
// depends on changes.

import { useMemo } from 'preact/hooks';
import { embedded, fetchTree, type OpenedQuery } from '../data/anneal';
import { useQuery, type Query } from '../data/query';
import { layOut, weights, type Layout } from '../profile/layout';
import { mostNodes } from '../data/limits';
import { readPattern, search, type Matches } from '../profile/search';
import { writeSelector } from '../profile/selector';
import type { View } from '../profile/state';
import { applyChanges } from '../profile/transform';
import { findByHash, pathHashes, readTree, type Tree } from '../profile/tree';

export interface Shown {
  query: OpenedQuery;
  answer: Query<Tree>;
  /** After focus, ignore, collapse. */
  tree: Tree | null;
  layout: Layout | null;
  hashes: Uint32Array | null;
  zoom: number;
  matches: Matches | null;
  searchError: string;
}

export function useProfile(view: View, type: string, nowMs: number, compare: boolean): Shown {
  const query: OpenedQuery = { type, now: view.now, base: compare ? view.base : null, nodes: Math.min(view.nodes, mostNodes()), nowMs, opened: view.opened };
  const side = (selection: View['now']) => [writeSelector(selection.service, selection.filters), selection.from, selection.until];
  const ready = type !== '' && view.now.service !== '';
  const key = embedded ? 'embedded' : ready ? JSON.stringify([type, side(view.now), compare && side(view.base), query.nodes, nowMs, view.opened]) : null;
  const answer = useQuery(key, (signal) => (embedded ? Promise.resolve().then(() => readTree(embedded!.tree)) : fetchTree(query, signal)));
  const tree = useMemo(() => answer.data && applyChanges(answer.data, view.changes), [answer.data, JSON.stringify(view.changes)]);
  const layout = useMemo(() => tree && layOut(tree, weights(tree, view.scale)), [tree, view.scale]);
  const hashes = useMemo(() => tree && pathHashes(tree), [tree]);
  const zoom = useMemo(() => (hashes && view.zoom ? findByHash(hashes, view.zoom) : 0), [hashes, view.zoom]);
  const found = useMemo(() => {
    const pattern = readPattern(view.search);
    if (pattern instanceof Error) return { matches: null, searchError: pattern.message };
    return { matches: pattern && tree && layout ? search(tree, layout, pattern) : null, searchError: '' };
  }, [tree, layout, view.search]);
  return { query, answer, tree, layout, hashes, zoom, ...found };
}
