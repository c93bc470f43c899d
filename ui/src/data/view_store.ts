// The view, kept in the address bar. Everything that shows it subscribes here; Back is undo.

import { useEffect, useState } from 'preact/hooks';
import { defaultView, readView, writeView, type ReadView, type View } from '../profile/state';
import { embedded } from './anneal';

type Listener = () => void;

const listeners = new Set<Listener>();
let current: ReadView = read();

function read(): ReadView {
  const text = location.search.slice(1) || location.hash.slice(1) || (embedded?.state ?? '');
  const found = readView(text);
  if (embedded && text === '') return { view: { ...defaultView, page: embedded.tree.nodes.baseTotal ? 'compare' : 'explore' }, complaint: '' };
  return found;
}

window.addEventListener('popstate', () => {
  current = read();
  listeners.forEach((listener) => listener());
});

/** 'step' can be undone by Back; 'typing' replaces, so that a search is one step and not one per letter. */
export type Step = 'step' | 'typing';

export function change(part: Partial<View>, step: Step = 'step'): void {
  const view = { ...current.view, ...part };
  const text = writeView(view);
  if (text === writeView(current.view)) return;
  current = { view, complaint: '' };
  // A file opened from disk may not change its path, only what follows the '#'.
  const url = embedded ? `#${text}` : `?${text}`;
  history[step === 'step' ? 'pushState' : 'replaceState'](null, '', url);
  listeners.forEach((listener) => listener());
}

export function useView(): ReadView {
  const [, render] = useState(0);
  useEffect(() => {
    const listener = () => render((round) => round + 1);
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }, []);
  return current;
}

export function hrefOf(view: View): string {
  return `${embedded ? '#' : '?'}${writeView(view)}`;
}
