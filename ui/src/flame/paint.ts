// Paints the visible part of a flame graph. Cost follows pixels: a row is entered by bisection, and
// what is narrower than half a pixel is skipped by bisection too, so that 100,000 nodes pan as smoothly
// as 1,000.

import { display, short } from '../profile/names';
import { firstEndingAfter, type Layout, type Scale, type Window } from '../profile/layout';
import { changeText } from '../profile/say';
import { nameOf, type Tree } from '../profile/tree';
import { changeColour, frameColours, relativeChange, type Palette } from './colours';

export const rowHeight = 20;
export const fontSize = 12;
const padding = 5;

/** What is painted apart from the place on the screen; made once per tree and theme. */
export interface Scene {
  tree: Tree;
  layout: Layout;
  scale: Scale;
  palette: Palette;
  colours: { plain: string[]; inlined: string[] };
  labels: string[];
  shorts: string[];
}

export function makeScene(tree: Tree, layout: Layout, scale: Scale, palette: Palette): Scene {
  return {
    tree,
    layout,
    scale,
    palette,
    colours: frameColours(tree, palette.dark),
    labels: tree.frames.name.map(display),
    shorts: tree.frames.name.map(short),
  };
}

export interface Place {
  window: Window;
  width: number;
  height: number;
  scrollTop: number;
  flip: boolean;
  selected: number;
  hovered: number;
  matches: Uint8Array | null;
}

export const font = `${fontSize}px ui-monospace, "SF Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace`;

export function contentHeight(layout: Layout): number {
  return layout.rows.length * rowHeight;
}

/** y of a depth in the content; the root is at the top, or at the bottom of a flame graph. */
export function rowTop(layout: Layout, depth: number, flip: boolean): number {
  return (flip ? layout.rows.length - 1 - depth : depth) * rowHeight;
}

export function paint(context: CanvasRenderingContext2D, scene: Scene, place: Place): void {
  const { layout } = scene;
  context.clearRect(0, 0, place.width, place.height);
  context.font = font;
  context.textBaseline = 'middle';
  const charWidth = context.measureText('0').width;
  const first = Math.floor(place.scrollTop / rowHeight);
  const last = Math.min(layout.rows.length - 1, Math.ceil((place.scrollTop + place.height) / rowHeight));
  for (let row = first; row <= last; row++) {
    const depth = place.flip ? layout.rows.length - 1 - row : row;
    paintRow(context, scene, place, depth, row * rowHeight - place.scrollTop, charWidth);
  }
}

function paintRow(context: CanvasRenderingContext2D, scene: Scene, place: Place, depth: number, y: number, charWidth: number): void {
  const { layout } = scene;
  const row = layout.rows[depth];
  const toPixels = place.width / (place.window.right - place.window.left);
  const pixel = 1 / toPixels;
  // Hair lines that touch are one rectangle.
  let hairs = { from: 0, to: 0 };
  const paintHairs = () => {
    if (hairs.to === hairs.from) return;
    context.fillStyle = scene.palette.faint;
    context.fillRect(hairs.from, y, hairs.to - hairs.from, rowHeight - 1);
  };
  let index = firstEndingAfter(layout, row, place.window.left);
  while (index < row.length) {
    const node = row[index];
    const left = layout.left[node];
    if (left >= place.window.right) break;
    const x = (left - place.window.left) * toPixels;
    const width = layout.width[node] * toPixels;
    if (width < 0.5) {
      // One hair line stands for all that share this pixel.
      if (x > hairs.to + 0.5) {
        paintHairs();
        hairs = { from: x, to: x };
      }
      index = firstEndingAfter(layout, row, left + pixel, index + 1);
      const next = index < row.length ? (layout.left[row[index]] - place.window.left) * toPixels : x + 0.5;
      hairs.to = Math.max(x + 0.5, Math.min(x + 1, next));
      continue;
    }
    paintNode(context, scene, place, node, x, y, width, charWidth);
    index++;
  }
  paintHairs();
}

export function fillOf(scene: Scene, node: number): string {
  const { tree, palette } = scene;
  if (tree.base) return changeColour(relativeChange(tree, node, scene.scale), palette.dark);
  if (node === 0) return palette.root;
  return (tree.inlined[node] ? scene.colours.inlined : scene.colours.plain)[tree.frame[node]];
}

/** The label of a node in this many characters; empty when nothing sensible fits. */
export function labelOf(scene: Scene, node: number, room: number): string {
  if (room < 3) return '';
  const { tree } = scene;
  let tail = '';
  if (tree.base && room > 14) {
    tail = ` ${changeText(tree.total[node], tree.base.total[node], tree.total[0], tree.base.total[0], tree.unit, scene.scale)}`;
  }
  const space = room - tail.length;
  const full = node === 0 ? nameOf(tree, 0) : scene.labels[tree.frame[node]];
  if (full.length <= space) return full + tail;
  const brief = node === 0 ? full : scene.shorts[tree.frame[node]];
  return (brief.length <= space ? brief : `${brief.slice(0, Math.max(1, space - 1))}…`) + tail;
}

function paintNode(
  context: CanvasRenderingContext2D,
  scene: Scene,
  place: Place,
  node: number,
  x: number,
  y: number,
  width: number,
  charWidth: number,
): void {
  const { tree, palette } = scene;
  const left = Math.max(0, x);
  const shown = Math.min(place.width, x + width) - left;
  const gap = width > 3 ? 1 : 0;
  const matched = node > 0 && place.matches !== null && place.matches[tree.frame[node]] === 1;
  context.globalAlpha = place.matches && !matched ? 0.35 : 1;
  context.fillStyle = matched && !tree.base ? palette.match : fillOf(scene, node);
  context.fillRect(left, y, Math.max(0.5, shown - gap), rowHeight - 1);
  context.globalAlpha = 1;
  if (matched && tree.base) outline(context, palette.match, left, y, shown - gap, 2);
  if (node === place.hovered && node !== place.selected) outline(context, palette.text, left, y, shown - gap, 1);
  if (node === place.selected) outline(context, palette.ring, left, y, shown - gap, 2);
  const text = labelOf(scene, node, Math.floor((shown - 2 * padding) / charWidth));
  if (text === '') return;
  context.fillStyle = matched && !tree.base ? palette.matchText : place.matches && !matched ? palette.faint : palette.text;
  const inlined = tree.inlined[node] === 1;
  if (inlined) context.font = `italic ${font}`;
  context.fillText(text, left + padding, y + rowHeight / 2, shown - 2 * padding);
  if (inlined) context.font = font;
}

function outline(context: CanvasRenderingContext2D, colour: string, x: number, y: number, width: number, thick: number): void {
  if (width < 2) return;
  context.strokeStyle = colour;
  context.lineWidth = thick;
  context.strokeRect(x + thick / 2, y + thick / 2, Math.max(1, width - thick), rowHeight - 1 - thick);
}
