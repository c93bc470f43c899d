// Ways out: link, PNG, SVG, pprof, folded stacks, JSON.

import { useEffect, useRef } from 'preact/hooks';
import { embedded, exportUrl, type TreeQuery } from '../data/anneal';
import { hrefOf } from '../data/view_store';
import { contentHeight, paint, type Scene } from '../flame/paint';
import { writeSvg } from '../flame/svg';
import { writeFolded } from '../profile/folded';
import type { Window } from '../profile/layout';
import { frozen, type View } from '../profile/state';
import type { Tree } from '../profile/tree';
import { CopyButton } from './notes';

interface Props {
  view: View;
  query: TreeQuery;
  tree: Tree;
  scene: { current: { scene: Scene; window: Window } | null };
  flip: boolean;
}

export function ExportMenu({ view, query, tree, scene, flip }: Props) {
  const name = (view.now.service || 'profile').replace(/[^\w.-]+/g, '_');
  const menu = useRef<HTMLDetailsElement>(null);
  const close = () => {
    if (menu.current) menu.current.open = false;
  };
  const closeFor = (target: EventTarget) => menu.current?.contains(target as Node) || close();
  useEffect(() => {
    const onPointer = (event: PointerEvent) => event.target && closeFor(event.target);
    document.addEventListener('pointerdown', onPointer);
    return () => document.removeEventListener('pointerdown', onPointer);
  }, []);
  const svg = () => scene.current && writeSvg(scene.current.scene, scene.current.window, flip);
  return (
    <>
      <CopyButton
        text={() => new URL(hrefOf(embedded ? view : frozen(view, query.nowMs)), location.href).href}
        label="Copy a link to this view; relative times are frozen"
      >
        Copy link
      </CopyButton>
      <details
        class="menu"
        ref={menu}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          close();
          menu.current?.querySelector('summary')?.focus();
        }}
        onFocusOut={(event) => event.relatedTarget && closeFor(event.relatedTarget)}
      >
        <summary>Export</summary>
        <div class="menu-items">
          <button type="button" disabled={view.panel !== 'both' && view.panel !== 'graph'} onClick={() => void savePng(scene.current, flip, name)}>
            PNG picture
          </button>
          <button
            type="button"
            disabled={view.panel !== 'both' && view.panel !== 'graph'}
            onClick={() => {
              const text = svg();
              if (text) save(new Blob([text], { type: 'image/svg+xml' }), `${name}.svg`);
            }}
          >
            SVG picture
          </button>
          {embedded ? (
            <>
              <button type="button" onClick={() => save(new Blob([writeFolded(tree)], { type: 'text/plain' }), `${name}.folded`)}>
                Folded stacks
              </button>
              <button type="button" onClick={() => save(new Blob([JSON.stringify(embedded!.tree)], { type: 'application/json' }), `${name}.json`)}>
                JSON
              </button>
            </>
          ) : (
            <>
              <a href={exportUrl(query, view.changes, 'pprof')} download={`${name}.pb.gz`}>
                pprof
              </a>
              <a href={exportUrl(query, view.changes, 'folded')} download={`${name}.folded`}>
                Folded stacks
              </a>
              <a href={exportUrl(query, view.changes, 'json')} download={`${name}.json`}>
                JSON
              </a>
              <p class="soft">{exported(view)}</p>
            </>
          )}
        </div>
      </details>
    </>
  );
}

/** What the server's exports hold, in words: of a view's changes they know focus and ignore. */
function exported(view: View): string {
  const kept = view.changes.some(({ kind }) => kind === 'focus' || kind === 'ignore');
  const left = view.changes.some(({ kind }) => kind === 'collapse' || kind === 'recursion');
  const what = kept ? 'the selection with focus and ignore' : 'the whole selection';
  return `pprof, folded stacks and JSON hold ${what}${left ? ', without collapsing' : ''}; zoom and search do not count.`;
}

function save(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10e3);
}

const tallest = 8192;

/** The whole depth of what is zoomed to, at twice the resolution, not only what is scrolled to. */
async function savePng(shown: { scene: Scene; window: Window } | null, flip: boolean, name: string): Promise<void> {
  if (!shown) return;
  const height = Math.min(tallest, contentHeight(shown.scene.layout));
  const canvas = document.createElement('canvas');
  canvas.width = 1600 * 2;
  canvas.height = height * 2;
  const context = canvas.getContext('2d');
  if (!context) return;
  context.scale(2, 2);
  const plain = { selected: -1, hovered: -1, matches: null, scrollTop: 0 };
  paint(context, shown.scene, { window: shown.window, width: 1600, height, flip, ...plain });
  context.globalCompositeOperation = 'destination-over';
  context.fillStyle = shown.scene.palette.gap;
  context.fillRect(0, 0, 1600, height);
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/png'));
  if (blob) save(blob, `${name}.png`);
}
