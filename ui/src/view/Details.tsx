// The selected frame: its numbers and everything that can be done with it. What the keys do, these
// buttons do too, for touch and mouse.

import { display, visible } from '../profile/names';
import type { Scale } from '../profile/layout';
import { kindText, numbersOf } from '../profile/say';
import { embedded } from '../data/anneal';
import { isFolded, nameOf, type Tree } from '../profile/tree';
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
  const folded = isFolded(tree, node);
  return (
    <section class={`details card ${node > 0 ? 'chosen' : ''}`} aria-label="Selected frame">
      <div class="row">
        <bdi class="mono name">{display(nameOf(tree, node))}</bdi>
        {node > 0 && <span class="tag">{kindText(tree, node)}</span>}
        {node > 0 && <span class="soft">depth {depth}</span>}
        <span class="grow" />
        <span>
          total <b>{numbers.total}</b> <span class="soft">{numbers.share}</span>
        </span>
        <span>
          self <b>{numbers.self}</b> <span class="soft">{numbers.selfShare}</span>
        </span>
        {numbers.change && (
          <span>
            before {numbers.before} · change <b>{numbers.change}</b>
          </span>
        )}
      </div>
      {node > 0 && tree.frames.file[frame] !== '' && (
        <div class="soft mono ellipsis">
          <bdi>{visible(tree.frames.file[frame])}</bdi>
          {tree.frames.line[frame] > 0 && `:${tree.frames.line[frame]}`}
        </div>
      )}
      {folded && <p class="soft">{embedded ? 'What is in it was left out when this file was written.' : 'Frames too small to be sent with the rest; “Open” asks for them.'}</p>}
      <div class="row">
        <button type="button" class="small" onClick={() => actions.zoomTo(node)}>
          {folded && !embedded ? 'Open' : 'Zoom'}
        </button>
        {buttons.map(([key, text, title]) => (
          <button type="button" class="small" key={key} title={title} disabled={node === 0 || folded} onClick={() => actions.key(key, node)}>
            {text}
          </button>
        ))}
        <button type="button" class="small" title="Everywhere (r)" onClick={() => actions.key('r', node)}>
          Collapse recursion
        </button>
        <CopyButton text={nameOf(tree, node)} label="Copy the name" small>
          Copy name
        </CopyButton>
      </div>
    </section>
  );
}
