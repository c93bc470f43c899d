// The flame graph: a canvas for the eye, and beside it a real tree for keyboard and screen reader over
// the same model. The element with role="tree" has the focus; the canvas draws what it says.

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { TargetedKeyboardEvent } from 'preact';
import {
  clampWindow,
  nodeAt,
  panWindow,
  windowOf,
  zoomWindow,
  type Layout,
  type Scale,
  type Window,
} from '../profile/layout';
import type { Matches } from '../profile/search';
import { kindText, numbersOf } from '../profile/say';
import { display } from '../profile/names';
import { nameOf, type Tree } from '../profile/tree';
import type { Palette } from './colours';
import { contentHeight, makeScene, paint, rowHeight, rowTop, type Scene } from './paint';
import { TreeTwin } from './TreeTwin';
import { moveSelection } from './moves';

export interface FlameProps {
  tree: Tree;
  layout: Layout;
  scale: Scale;
  palette: Palette;
  flip: boolean;
  zoom: number;
  selected: number;
  matches: Matches | null;
  label: string;
  onSelect: (node: number) => void;
  onZoom: (node: number) => void;
  /** A key that the graph does not use itself. */
  onKey?: (key: string, node: number) => boolean;
  onScene?: (scene: Scene, window: Window) => void;
  maxHeight?: number;
}

const reduced = matchMedia('(prefers-reduced-motion: reduce)');

export function FlameGraph(props: FlameProps) {
  const { tree, layout, scale, palette, flip, zoom, selected, matches } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [hover, setHover] = useState<{ node: number; x: number; y: number } | null>(null);
  const scene = useMemo(() => makeScene(tree, layout, scale, palette), [tree, layout, scale, palette]);
  const view = useRef({ window: windowOf(layout, zoom), frame: 0, animation: 0 });
  const height = Math.min(contentHeight(layout), props.maxHeight ?? Math.max(320, Math.round(innerHeight * 0.66)));

  const draw = () => {
    cancelAnimationFrame(view.current.frame);
    view.current.frame = requestAnimationFrame(drawNow);
  };
  const drawNow = () => {
    const box = scroller.current;
    const surface = canvas.current;
    if (!box || !surface) return;
    const width = box.clientWidth;
    fitCanvas(surface, width, box.clientHeight);
    const context = surface.getContext('2d');
    if (!context) return;
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    paint(context, scene, {
      window: view.current.window,
      width,
      height: box.clientHeight,
      scrollTop: box.scrollTop,
      flip,
      selected: selected > 0 || box.matches(':focus-visible') ? selected : -1,
      hovered: hover?.node ?? -1,
      matches: matches?.frames ?? null,
    });
  };

  const setWindow = (window: Window) => {
    view.current.window = window;
    props.onScene?.(scene, window);
    draw();
  };
  const moveTo = (target: Window) => {
    cancelAnimationFrame(view.current.animation);
    if (reduced.matches) return setWindow(target);
    const from = view.current.window;
    const begun = performance.now();
    const step = (now: number) => {
      const t = Math.min(1, (now - begun) / 160);
      const ease = 1 - (1 - t) ** 3;
      setWindow({ left: from.left + (target.left - from.left) * ease, right: from.right + (target.right - from.right) * ease });
      if (t < 1) view.current.animation = requestAnimationFrame(step);
    };
    view.current.animation = requestAnimationFrame(step);
  };

  useEffect(() => moveTo(windowOf(layout, zoom)), [layout, zoom]);
  useLayoutEffect(draw, [scene, flip, selected, hover?.node, matches, height]);
  useEffect(() => props.onScene?.(scene, view.current.window), [scene]);
  useEffect(() => {
    const box = scroller.current;
    if (!box) return undefined;
    const observer = new ResizeObserver(draw);
    observer.observe(box);
    if (flip) box.scrollTop = box.scrollHeight;
    return () => observer.disconnect();
  }, [scene, flip]);
  useEffect(() => reveal(scroller.current, rowTop(layout, layout.depth[selected], flip)), [selected, layout, flip]);
  useWheel(scroller, view, setWindow);
  const drag = useDrag(scroller, view, setWindow);

  const at = (event: MouseEvent): number => {
    const box = scroller.current;
    if (!box) return -1;
    const rect = box.getBoundingClientRect();
    const x = view.current.window.left + ((event.clientX - rect.left) / box.clientWidth) * (view.current.window.right - view.current.window.left);
    const row = Math.floor((event.clientY - rect.top + box.scrollTop) / rowHeight);
    return nodeAt(layout, x, flip ? layout.rows.length - 1 - row : row);
  };

  const onKeyDown = (event: TargetedKeyboardEvent<HTMLDivElement>) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { window } = view.current;
    const next = moveSelection(layout, tree, selected, event.key, flip);
    if (next !== null) {
      props.onSelect(next);
      if (!isVisible(layout, next, window)) setWindow(clampWindow(centred(layout, next, window)));
    } else if (event.key === 'Enter' || event.key === ' ') props.onZoom(selected);
    else if (event.key === 'Escape' || event.key === '0') props.onZoom(0);
    else if (event.key === '+' || event.key === '=') moveTo(zoomWindow(window, 0.5, anchorOf(layout, selected, window)));
    else if (event.key === '-') moveTo(zoomWindow(window, 2, 0.5));
    else if (event.key === 'a' || event.key === 'd') moveTo(panWindow(window, event.key === 'a' ? -0.25 : 0.25));
    else if (!props.onKey?.(event.key, selected)) return;
    event.preventDefault();
  };

  return (
    <div class="flame">
      <div
        class="flame-box"
        ref={scroller}
        style={{ height: `${height}px` }}
        role="tree"
        tabIndex={0}
        aria-label={props.label}
        aria-activedescendant={`${props.label.replace(/\W+/g, '-')}-${selected}`}
        onKeyDown={onKeyDown}
        onFocus={draw}
        onBlur={draw}
        onScroll={draw}
        onMouseMove={(event) => {
          if (drag.dragging()) return setHover(null);
          const node = at(event);
          setHover(node >= 0 ? { node, x: event.clientX, y: event.clientY } : null);
        }}
        onMouseLeave={() => setHover(null)}
        onClick={(event) => {
          if (drag.moved()) return;
          const node = at(event);
          if (node < 0) return;
          props.onSelect(node);
          props.onZoom(node);
        }}
        onContextMenu={(event) => {
          const node = at(event);
          if (node < 0) return;
          event.preventDefault();
          props.onSelect(node);
        }}
      >
        <canvas ref={canvas} aria-hidden="true" />
        <div class="flame-space" aria-hidden="true" style={{ height: `${contentHeight(layout)}px` }} />
        <TreeTwin tree={tree} layout={layout} selected={selected} scale={scale} prefix={props.label.replace(/\W+/g, '-')} />
      </div>
      {hover && <Tooltip tree={tree} node={hover.node} x={hover.x} y={hover.y} scale={scale} />}
    </div>
  );
}

function fitCanvas(surface: HTMLCanvasElement, width: number, height: number): void {
  const [w, h] = [Math.round(width * devicePixelRatio), Math.round(height * devicePixelRatio)];
  if (surface.width === w && surface.height === h) return;
  surface.width = w;
  surface.height = h;
  surface.style.width = `${width}px`;
  surface.style.height = `${height}px`;
}

function isVisible(layout: Layout, node: number, window: Window): boolean {
  const right = layout.left[node] + layout.width[node];
  const shown = Math.min(right, window.right) - Math.max(layout.left[node], window.left);
  return shown >= Math.min(layout.width[node], (window.right - window.left) * 0.01) * 0.5;
}

/** A window that has the node in its middle, and wide enough to be seen. */
function centred(layout: Layout, node: number, window: Window): Window {
  const span = Math.min(window.right - window.left, Math.max(layout.width[node] * 8, 1e-9));
  const middle = layout.left[node] + layout.width[node] / 2;
  return { left: middle - span / 2, right: middle + span / 2 };
}

function anchorOf(layout: Layout, node: number, window: Window): number {
  const middle = layout.left[node] + layout.width[node] / 2;
  return Math.min(1, Math.max(0, (middle - window.left) / (window.right - window.left)));
}

function reveal(box: HTMLDivElement | null, y: number): void {
  if (!box) return;
  if (y < box.scrollTop) box.scrollTop = y;
  else if (y + rowHeight > box.scrollTop + box.clientHeight) box.scrollTop = y + rowHeight - box.clientHeight;
}

interface Current {
  current: { window: Window };
}

/** Wheel with Ctrl or pinch zooms, sideways pans; up and down scroll as everywhere. */
function useWheel(scroller: { current: HTMLDivElement | null }, view: Current, setWindow: (window: Window) => void): void {
  const latest = useRef(setWindow);
  latest.current = setWindow;
  useEffect(() => {
    const box = scroller.current;
    const onWheel = (event: WheelEvent) => {
      if (!box) return;
      const { window } = view.current;
      if (event.ctrlKey || event.metaKey) {
        const anchor = (event.clientX - box.getBoundingClientRect().left) / box.clientWidth;
        latest.current(zoomWindow(window, 1.0025 ** event.deltaY, anchor));
      } else if (event.deltaX !== 0 || event.shiftKey) {
        latest.current(panWindow(window, (event.deltaX || event.deltaY) / box.clientWidth));
      } else return;
      event.preventDefault();
    };
    box?.addEventListener('wheel', onWheel, { passive: false });
    return () => box?.removeEventListener('wheel', onWheel);
  }, []);
}

function useDrag(scroller: { current: HTMLDivElement | null }, view: Current, setWindow: (window: Window) => void) {
  const state = useRef({ down: false, moved: false });
  const latest = useRef(setWindow);
  latest.current = setWindow;
  useEffect(() => {
    const box = scroller.current;
    let lastX = 0;
    let travelled = 0;
    const onDown = (event: PointerEvent) => {
      if (event.button !== 0 || event.pointerType === 'touch') return;
      state.current = { down: true, moved: false };
      lastX = event.clientX;
      travelled = 0;
    };
    const onMove = (event: PointerEvent) => {
      if (!state.current.down || !box) return;
      travelled += Math.abs(event.clientX - lastX);
      if (travelled > 4) {
        state.current.moved = true;
        latest.current(panWindow(view.current.window, (lastX - event.clientX) / box.clientWidth));
      }
      lastX = event.clientX;
    };
    const onUp = () => {
      state.current.down = false;
    };
    box?.addEventListener('pointerdown', onDown);
    window.addEventListener('pointermove', onMove);
    window.addEventListener('pointerup', onUp);
    return () => {
      box?.removeEventListener('pointerdown', onDown);
      window.removeEventListener('pointermove', onMove);
      window.removeEventListener('pointerup', onUp);
    };
  }, []);
  return {
    dragging: () => state.current.down && state.current.moved,
    moved: () => {
      const { moved } = state.current;
      state.current.moved = false;
      return moved;
    },
  };
}

function Tooltip({ tree, node, x, y, scale }: { tree: Tree; node: number; x: number; y: number; scale: Scale }) {
  const numbers = numbersOf(tree, node, scale);
  const onLeft = x > innerWidth / 2;
  const style = {
    top: `${Math.min(y + 14, innerHeight - 110)}px`,
    ...(onLeft ? { right: `${innerWidth - x + 10}px` } : { left: `${x + 10}px` }),
  };
  return (
    <div class="tooltip" aria-hidden="true" style={style}>
      <bdi class="mono">{display(nameOf(tree, node))}</bdi>
      <div>
        {numbers.total}, {numbers.share}; self {numbers.self}
      </div>
      {numbers.change && (
        <div>
          before {numbers.before}; <b>{numbers.change}</b>
        </div>
      )}
      <div class="soft">{kindText(tree, node)}</div>
    </div>
  );
}

