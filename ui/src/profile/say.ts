// What a node is called aloud and in details: name, share, value, place.

import { display } from './names';
import type { Scale } from './layout';
import { kindNames, nameOf, type Tree } from './tree';
import { formatChange, formatPoints, formatShare, formatValue } from './units';

export interface Numbers {
  total: string;
  self: string;
  share: string;
  selfShare: string;
  /** Empty unless two profiles are compared. */
  before: string;
  change: string;
}

export function numbersOf(tree: Tree, node: number, scale: Scale): Numbers {
  const whole = tree.total[0];
  const base = tree.base;
  return {
    total: formatValue(tree.total[node], tree.unit),
    self: formatValue(tree.self[node], tree.unit),
    share: formatShare(whole > 0 ? tree.total[node] / whole : 0),
    selfShare: formatShare(whole > 0 ? tree.self[node] / whole : 0),
    before: base ? `${formatValue(base.total[node], tree.unit)}, ${formatShare(base.total[0] > 0 ? base.total[node] / base.total[0] : 0)}` : '',
    change: base ? changeText(tree.total[node], base.total[node], whole, base.total[0], tree.unit, scale) : '',
  };
}

export function changeText(now: number, before: number, whole: number, wholeBefore: number, unit: string, scale: Scale): string {
  if (scale === 'absolute') return formatChange(now - before, unit);
  return formatPoints((whole > 0 ? now / whole : 0) - (wholeBefore > 0 ? before / wholeBefore : 0));
}

export function kindText(tree: Tree, node: number): string {
  if (node === 0) return '';
  const kind = kindNames[tree.frames.kind[tree.frame[node]]] ?? kindNames[0];
  return tree.inlined[node] ? `${kind}, inlined` : kind;
}

/** "main.work, 12.4 %, 1.2 s, Go, depth 5"; a difference adds "before …, change …". */
export function spoken(tree: Tree, node: number, depth: number, scale: Scale): string {
  const numbers = numbersOf(tree, node, scale);
  const parts = [display(nameOf(tree, node)), numbers.share, numbers.total];
  if (numbers.change) parts.push(`before ${numbers.before}`, `change ${numbers.change}`);
  if (node > 0) parts.push(kindText(tree, node), `depth ${depth}`);
  return parts.join(', ');
}
