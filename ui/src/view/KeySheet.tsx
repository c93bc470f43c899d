// The sheet of keys, opened by '?'.

import { useEffect, useRef } from 'preact/hooks';

const groups: [string, [string, string][]][] = [
  [
    'Everywhere',
    [
      ['?', 'this sheet'],
      ['/', 'search'],
      ['g', 'to the graph or the tree'],
      ['Enter, Shift Enter', 'in the search: next and previous match'],
      ['Tab', 'to the next control'],
      ['Alt ←', 'undo: the view is the address'],
    ],
  ],
  [
    'Table',
    [
      ['↑ ↓', 'from function to function'],
      ['Enter', 'search for it'],
      ['s', 'sandwich: callers and callees'],
    ],
  ],
  [
    'Mouse',
    [
      ['Click', 'zoom; the bar below tells the numbers'],
      ['Right click', 'select without zooming'],
      ['Drag, Shift wheel', 'pan'],
      ['Ctrl wheel', 'zoom'],
      ['Drag on the timeline', 'choose a time range'],
    ],
  ],
  [
    'Flame graph',
    [
      ['← → ↑ ↓', 'neighbours, callers and callees, where they lie'],
      ['Home, End', 'the root; down the heaviest path'],
      ['Enter', 'zoom to the selected frame'],
      ['Esc, 0', 'zoom out to the whole'],
      ['+ −', 'zoom in and out'],
      ['a d', 'pan left and right'],
      ['n p', 'next and previous match'],
      ['s', 'sandwich: callers and callees'],
      ['f', 'focus: only stacks through it'],
      ['i', 'ignore: no stacks through it'],
      ['c', 'collapse: what it calls becomes its own'],
      ['r', 'collapse recursion everywhere'],
      ['l', 'source lines'],
    ],
  ],
];

export function KeySheet({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog ref={dialog} class="sheet" aria-labelledby="keys-title" onClose={onClose}>
      <form method="dialog" class="row">
        <h2 id="keys-title">Keys</h2>
        <span class="grow" />
        <button type="submit">Close</button>
      </form>
      <div class="columns">
        {groups.map(([title, keys]) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>
              {keys.map(([key, text]) => (
                <div key={key}>
                  <dt>
                    <kbd>{key}</kbd>
                  </dt>
                  <dd>{text}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </dialog>
  );
}
