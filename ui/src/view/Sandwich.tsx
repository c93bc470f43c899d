// A function between its callers and its callees, each as a flame graph.

import { useMemo, useState } from 'preact/hooks';
import { change } from '../data/view_store';
import type { Palette } from '../flame/colours';
import { FlameGraph } from '../flame/FlameGraph';
import { layOut, weights } from '../profile/layout';
import { display } from '../profile/names';
import type { View } from '../profile/state';
import { spoken } from '../profile/say';
import { topTable } from '../profile/table';
import { callees, callers } from '../profile/transform';
import { isFolded, nameOf, type Tree } from '../profile/tree';
import { formatShare, formatValue } from '../profile/units';

interface Props {
  tree: Tree;
  view: View;
  palette: Palette;
  onChoose: (name: string) => void;
}

export function Sandwich({ tree, view, palette, onChoose }: Props) {
  const rows = useMemo(() => topTable(tree).sort((a, b) => b.total - a.total), [tree]);
  const known = rows.find((row) => row.name === view.fn);
  const halves = useMemo(
    () => (known ? { callers: callers(tree, view.fn), callees: callees(tree, view.fn) } : null),
    [tree, view.fn, known],
  );
  return (
    <div class="panel sandwich">
      <label class="row">
        Function
        <input
          type="text"
          class="mono grow"
          list="functions"
          key={view.fn}
          defaultValue={view.fn}
          placeholder="Name of a function"
          spellcheck={false}
          onChange={(event) => change({ fn: event.currentTarget.value })}
        />
      </label>
      <datalist id="functions">
        {rows.slice(0, 300).map((row) => (
          <option key={row.name} value={row.name} />
        ))}
      </datalist>
      {!known && (
        <p class="note">
          {view.fn ? 'This profile has no such function. ' : ''}Choose a function: type its name here, press s in the graph, or ⇅ in the table.
        </p>
      )}
      {known && halves && (
        <>
          <p>
            <bdi class="mono">
              <b>{display(known.name)}</b>
            </bdi>
            : total {formatValue(known.total, tree.unit)} ({formatShare(known.total / (tree.total[0] || 1))}), self{' '}
            {formatValue(known.self, tree.unit)} ({formatShare(known.self / (tree.total[0] || 1))})
          </p>
          <Half title="Callers" tree={halves.callers} view={view} palette={palette} flip onChoose={onChoose} />
          <Half title="Callees" tree={halves.callees} view={view} palette={palette} onChoose={onChoose} />
        </>
      )}
    </div>
  );
}

interface HalfProps {
  title: string;
  tree: Tree;
  view: View;
  palette: Palette;
  flip?: boolean;
  onChoose: (name: string) => void;
}

function Half({ title, tree, view, palette, flip = false, onChoose }: HalfProps) {
  const layout = useMemo(() => layOut(tree, weights(tree, view.scale)), [tree, view.scale]);
  const [zoom, setZoom] = useState({ tree, node: 0 });
  const [selected, setSelected] = useState({ tree, node: 0 });
  const of = (place: { tree: Tree; node: number }) => (place.tree === tree ? place.node : 0);
  return (
    <section aria-label={title}>
      <h2>{title}</h2>
      <FlameGraph
        tree={tree}
        layout={layout}
        scale={view.scale}
        palette={palette}
        flip={flip}
        zoom={of(zoom)}
        selected={of(selected)}
        matches={null}
        label={title}
        maxHeight={300}
        onSelect={(node) => setSelected({ tree, node })}
        onZoom={(node) => setZoom({ tree, node })}
        onKey={(key, node) => {
          if (key !== 's' || node === 0 || isFolded(tree, node)) return false;
          onChoose(nameOf(tree, node));
          return true;
        }}
      />
      {of(selected) > 0 && (
        <p class="row">
          <bdi>{spoken(tree, of(selected), layout.depth[of(selected)], view.scale)}</bdi>
          {!isFolded(tree, of(selected)) && (
            <button type="button" class="small" title="Callers and callees of this function (s)" onClick={() => onChoose(nameOf(tree, of(selected)))}>
              Sandwich
            </button>
          )}
        </p>
      )}
    </section>
  );
}
