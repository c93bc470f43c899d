// Colours of frames. The hue tells what kind of code it is, the shade which package; legends and
// spoken labels say the same in words.

import { packageOf } from '../profile/names';
import { Kind, type Tree } from '../profile/tree';

export interface Palette {
  dark: boolean;
  text: string;
  faint: string;
  gap: string;
  ring: string;
  match: string;
  matchText: string;
  root: string;
  bar: string;
}

function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return (value ^ (value >>> 13)) >>> 0;
}

/** Hue range [from, to] and saturation of each kind, index by Kind. */
const hues: [number, number, number][] = [
  [30, 50, 14], // not known
  [165, 225, 42], // Go: green-blue to blue
  [24, 48, 68], // native: amber
  [285, 320, 34], // kernel: purple
  [80, 130, 36], // interpreted: green
  [0, 0, 0], // folded: grey
];

export function kindColour(kind: number, dark: boolean): string {
  const [from, to, saturation] = hues[kind] ?? hues[0];
  return `hsl(${(from + to) / 2} ${saturation}% ${dark ? 38 : 74}%)`;
}

/** Fill of each frame, and of the same frame when it is inlined (paler). */
export function frameColours(tree: Tree, dark: boolean): { plain: string[]; inlined: string[] } {
  const plain: string[] = [];
  const inlined: string[] = [];
  tree.frames.name.forEach((name, frame) => {
    const kind = tree.frames.kind[frame] ?? 0;
    const [from, to, saturation] = hues[kind] ?? hues[0];
    const seed = hash(kind === Kind.folded ? '' : packageOf(name, tree.frames.file[frame], tree.frames.module[frame]));
    const hue = from + ((seed % 97) / 97) * (to - from);
    const light = (dark ? 33 : 70) + ((seed >> 8) % 9);
    plain.push(`hsl(${hue.toFixed(0)} ${saturation}% ${light}%)`);
    inlined.push(`hsl(${hue.toFixed(0)} ${saturation * 0.6}% ${dark ? light - 9 : light + 12}%)`);
  });
  return { plain, inlined };
}

/** From blue (less) over grey to vermilion (more); tellable apart with every common colour blindness. */
export function changeColour(amount: number, dark: boolean): string {
  const size = Math.min(1, Math.abs(amount));
  if (size < 0.005) return dark ? 'hsl(215 6% 34%)' : 'hsl(215 10% 86%)';
  const strength = 0.08 + 0.92 * size ** 0.6; // noise of a few percent stays pale
  const [hue, saturation] = amount < 0 ? [210, 72] : [20, 80];
  const light = dark ? 34 + 12 * strength : 86 - 24 * strength;
  return `hsl(${hue} ${(saturation * strength).toFixed(0)}% ${light.toFixed(0)}%)`;
}

/** −1 … 1: how a node's share changed, relative to the larger of the two. */
export function relativeChange(tree: Tree, node: number, scale: 'share' | 'absolute'): number {
  if (!tree.base) return 0;
  const [whole, wholeBase] = scale === 'share' ? [tree.total[0] || 1, tree.base.total[0] || 1] : [1, 1];
  const now = tree.total[node] / whole;
  const before = tree.base.total[node] / wholeBase;
  const larger = Math.max(now, before);
  return larger === 0 ? 0 : (now - before) / larger;
}
