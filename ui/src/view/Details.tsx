// The selected frame: its numbers and everything that can be done with it. What the keys do, these
// buttons do too, for touch and mouse.

import { display, visible } from '../profile/names';
import type { Scale } from '../profile/layout';
import { kindText, numbersOf } from '../profile/say';
import { nameOf, type Tree } from '../profile/tree';
import { CopyButton } from './notes';
import type { Actions } from './Profile';

interface Props {
  tree: Tree;
  node: number;
  depth: number;
  scale: Scale;
  actions: Actions;
}

const buttons: [string, string, string][] = [
  ['s', 'Sandwich', 'Callers and callees of this function (s)'],
  ['f', 'Focus', 'Only stacks through it (f)'],
  ['i', 'Ignore', 'Only stacks that avoid it (i)'],
  ['c', 'Collapse', 'What it calls becomes its own (c)'],
  ['l', 'Source lines', 'Where in the function the time goes (l)'],
];

export function Details({ tree, node, depth, scale, actions }: Props) {
  const numbers = numbersOf(tree, node, scale);
  const frame = tree.frame[node];
  return (
    <section class={`details card ${node > 0 ? 'chosen' : ''}`} aria-label="Selected frame">
      <div class="row">
        <bdi class="mono name">{display(nameOf(tree, node))}</bdi>
        {node > 0 && <span class="tag">{kindText(tree, node)}</span>}
        <span class="soft">depth {depth}</span>
      </div>
      {node > 0 && tree.frames.file[frame] !== '' && (
        <div class="soft mono ellipsis">
          <bdi>{visible(tree.frames.file[frame])}</bdi>
          {tree.frames.line[frame] > 0 && `:${tree.frames.line[frame]}`}
        </div>
      )}
      <div class="row">
        <span>
          total <b>{numbers.total}</b> ({numbers.share})
        </span>
        <span>
          self <b>{numbers.self}</b> ({numbers.selfShare})
        </span>
        {numbers.change && (
          <span>
            before {numbers.before} · change <b>{numbers.change}</b>
          </span>
        )}
      </div>
      <div class="row">
        <button type="button" class="small" onClick={() => actions.zoomTo(node)}>
          Zoom
        </button>
        {buttons.map(([key, text, title]) => (
          <button type="button" class="small" key={key} title={title} disabled={node === 0} onClick={() => actions.key(key, node)}>
            {text}
          </button>
        ))}
        <button type="button" class="small" title="Everywhere (r)" onClick={() => actions.key('r', node)}>
          Collapse recursion
        </button>
        <CopyButton text={nameOf(tree, node)} label="Copy the name">
          Copy name
        </CopyButton>
      </div>
    </section>
  );
}
