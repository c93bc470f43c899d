// One profile, or two compared, in every form: graph, table, tree, sandwich; with its tools.

import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { embedded } from '../data/anneal';
import { mostNodes } from '../data/limits';
import { change } from '../data/view_store';
import type { Palette } from '../flame/colours';
import { FlameGraph } from '../flame/FlameGraph';
import type { Scene } from '../flame/paint';
import type { Window } from '../profile/layout';
import { display } from '../profile/names';
import type { View } from '../profile/state';
import { sourcesOf } from '../profile/transform';
import { isEmpty, isFolded, nameOf, pathHashes, type Tree } from '../profile/tree';
import { formatCount, formatMany, formatPoints, formatShare, formatValue } from '../profile/units';
import { CallTree } from './CallTree';
import { Details } from './Details';
import { ExportMenu } from './ExportMenu';
import { Legend } from './Legend';
import { Lines } from './Lines';
import { ErrorNote, Waiting } from './notes';
import { Sandwich } from './Sandwich';
import { Toolbar } from './Toolbar';
import { TopTable } from './TopTable';
import { useProfile, type Shown } from './use_profile';

interface Props {
  view: View;
  palette: Palette;
  nowMs: number;
  compare: boolean;
  type?: string;
}

export function Profile({ view, palette, nowMs, compare, type = view.type }: Props) {
  const shown = useProfile(view, type, nowMs, compare);
  const { answer, tree, layout } = shown;
  return (
    <section class="profile" aria-label={compare ? 'Difference' : 'Profile'} aria-busy={answer.loading}>
      {answer.loading && <Waiting over={tree !== null} what={tree ? 'Loading the next profile…' : 'Merging profiles…'} onCancel={answer.cancel} />}
      {answer.error && <ErrorNote error={answer.error} onRetry={answer.retry} />}
      {tree && layout && isEmpty(tree) && <Nothing view={view} />}
      {tree && layout && !isEmpty(tree) && <Loaded view={view} palette={palette} shown={shown} tree={tree} />}
    </section>
  );
}

function Nothing({ view }: { view: View }) {
  return (
    <div class="note" role="status">
      {view.changes.length > 0 ? (
        <>
          <p>No stack is left after the changes made to this view.</p>
          <button type="button" onClick={() => change({ changes: [] })}>
            Undo all changes
          </button>
        </>
      ) : (
        <p>No samples of this type in this time range. Choose a longer range, another type, or fewer filters.</p>
      )}
    </div>
  );
}

interface LoadedProps {
  view: View;
  palette: Palette;
  shown: Shown;
  tree: Tree;
}

function Loaded({ view, palette, shown, tree }: LoadedProps) {
  const layout = shown.layout!;
  const [selected, setSelected] = useState(0);
  const [lines, setLines] = useState(false);
  const scene = useRef<{ scene: Scene; window: Window } | null>(null);
  useEffect(() => setSelected(shown.zoom), [tree]);
  const at = selected < tree.size ? selected : 0;
  const actions = useActions(view, shown, tree, setSelected, setLines);
  const cycle = useCycle(shown, at, actions.zoomTo, setSelected);
  const graph = view.panel === 'both' || view.panel === 'graph';
  const table = view.panel === 'both' || view.panel === 'table';
  const onKey = (key: string, node: number) => {
    if (key === 'n' || key === 'p') cycle(key === 'n' ? 1 : -1);
    else return actions.key(key, node);
    return true;
  };
  return (
    <>
      <Toolbar view={view} shown={shown} onCycle={cycle}>
        <ExportMenu view={view} query={shown.query} tree={tree} scene={scene} flip={view.shape === 'flame'} />
      </Toolbar>
      <Summary tree={tree} view={view} shown={shown} />
      <div class={`panels ${view.panel === 'both' ? 'two' : ''}`}>
        {table && <TopTable tree={tree} view={view} matches={shown.matches} onChoose={(name) => change({ search: name })} onSandwich={actions.sandwich} />}
        {graph && (
          <div class="panel">
            <FlameGraph
              tree={tree}
              layout={layout}
              scale={view.scale}
              palette={palette}
              flip={view.shape === 'flame'}
              zoom={shown.zoom}
              selected={at}
              matches={shown.matches}
              label={tree.base ? 'Differential flame graph' : 'Flame graph'}
              onSelect={setSelected}
              onZoom={actions.zoomTo}
              onKey={onKey}
              onScene={(made, window) => {
                scene.current = { scene: made, window };
              }}
            />
            <Legend tree={tree} palette={palette} scale={view.scale} />
          </div>
        )}
        {view.panel === 'tree' && <CallTree tree={tree} layout={layout} scale={view.scale} selected={at} onSelect={setSelected} onOpen={actions.zoomTo} />}
        {view.panel === 'sandwich' && <Sandwich tree={tree} view={view} palette={palette} onChoose={actions.sandwich} />}
      </div>
      {view.panel !== 'table' && view.panel !== 'sandwich' && <Details tree={tree} node={at} depth={layout.depth[at]} scale={view.scale} actions={actions} />}
      {lines && view.fn && <Lines query={shown.query} name={view.fn} unit={tree.unit} onClose={() => setLines(false)} />}
    </>
  );
}

export interface Actions {
  zoomTo: (node: number) => void;
  sandwich: (name: string) => void;
  key: (key: string, node: number) => boolean;
}

const askForMore = (view: View) => change({ nodes: Math.min(mostNodes(), view.nodes * 8) });

function useActions(
  view: View,
  shown: Shown,
  tree: Tree,
  setSelected: (node: number) => void,
  setLines: (open: boolean) => void,
): Actions {
  const hashOf = (node: number) => (node === 0 ? '' : shown.hashes()[node].toString(16));
  const zoomTo = (node: number) => {
    if (isFolded(tree, node) && !embedded) return change({ opened: [...view.opened, ...foldedAt(view, shown, node)], zoom: hashOf(tree.parent[node]) });
    setSelected(node);
    change({ zoom: hashOf(node) });
  };
  const sandwich = (name: string) => change({ panel: 'sandwich', fn: name });
  const key = (pressed: string, node: number): boolean => {
    if (pressed === 'r') {
      const others = view.changes.filter((each) => each.kind !== 'recursion');
      change({ changes: others.length === view.changes.length ? [...others, { kind: 'recursion' }] : others, zoom: '' });
      return true;
    }
    if (node === 0 || isFolded(tree, node)) return false;
    const name = nameOf(tree, node);
    const kind = ({ f: 'focus', i: 'ignore', c: 'collapse' } as const)[pressed];
    if (kind) change({ changes: [...view.changes, { kind, name }], zoom: '' });
    else if (pressed === 's') sandwich(name);
    else if (pressed === 'l') {
      change({ fn: name });
      setLines(true);
    } else return false;
    return true;
  };
  return { zoomTo, sandwich, key };
}

const mostAtOnce = 20;

/** The callers, before the changes that the page made, of what an "other" stands for: the heaviest of them. */
function foldedAt(view: View, { answer }: Shown, node: number): string[] {
  const { tree, made } = answer.data!;
  const hashes = pathHashes(tree);
  const others = sourcesOf(tree, view.changes.slice(made), node).sort((a, b) => tree.total[b] - tree.total[a]);
  return others.slice(0, mostAtOnce).map((other) => hashes[tree.parent[other]].toString(16));
}

/** Goes to the next match after the selected node, around the end. */
function useCycle(shown: Shown, selected: number, zoomTo: (node: number) => void, setSelected: (node: number) => void) {
  return useMemo(
    () => (by: 1 | -1) => {
      const nodes = shown.matches?.nodes();
      if (!nodes || nodes.length === 0) return;
      const place = nodes.indexOf(selected);
      const next = place < 0 ? (by > 0 ? 0 : nodes.length - 1) : (place + by + nodes.length) % nodes.length;
      setSelected(nodes[next]);
      zoomTo(shown.tree!.parent[nodes[next]]);
      setSelected(nodes[next]);
    },
    [shown.matches, selected, zoomTo],
  );
}

function Summary({ tree, view, shown }: { tree: Tree; view: View; shown: Shown }) {
  const { whole } = shown.answer.data!;
  const { folded, matches } = shown;
  return (
    <p class="summary" role="status">
      <b>{formatValue(tree.total[0], tree.unit)}</b> {tree.sampleType}
      {tree.total[0] !== whole && (
        <>
          , {formatShare(whole > 0 ? tree.total[0] / whole : 0)} of {formatValue(whole, tree.unit)}
        </>
      )}
      {tree.base && (
        <>
          {' '}
          against {formatValue(tree.base.total[0], tree.unit)} before{tree.base.total[0] > 0 && ` (${formatPoints(tree.total[0] / tree.base.total[0] - 1)})`}
        </>
      )}
      {tree.profiles > 0 && <> · {formatMany(tree.profiles, 'profile')}</>} · {formatMany(tree.size - 1, 'frame')}
      {view.search && matches && (
        <>
          {' · '}
          <b>
            {formatMany(matches.count, 'match', 'matches')} in {formatMany(matches.functions, 'function')}
          </b>
          , {formatShare(tree.total[0] > 0 ? matches.value / tree.total[0] : 0)}
        </>
      )}
      {folded > 0 && (
        <>
          {' · '}
          {formatCount(folded)} small frames are folded into “other”{' '}
          {!embedded && view.nodes < mostNodes() && (
            <button type="button" class="small" onClick={() => askForMore(view)}>
              Show more
            </button>
          )}
        </>
      )}
      {shown.zoom > 0 && (
        <>
          {' · '}zoomed to <bdi class="mono">{display(nameOf(tree, shown.zoom))}</bdi>{' '}
          <button type="button" class="small" onClick={() => change({ zoom: '' })}>
            Show all
          </button>
        </>
      )}
    </p>
  );
}
