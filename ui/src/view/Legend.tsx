// What the colours mean, in words and boxes.

import { changeColour, kindColour, type Palette } from '../flame/colours';
import type { Scale } from '../profile/layout';
import { kindNames, type Tree } from '../profile/tree';

export function Legend({ tree, palette, scale }: { tree: Tree; palette: Palette; scale: Scale }) {
  if (tree.base) {
    return (
      <p class="legend">
        <span class="soft">less</span>
        {[-1, -0.5, -0.15, 0, 0.15, 0.5, 1].map((amount) => (
          <Swatch key={amount} colour={changeColour(amount, palette.dark)} />
        ))}
        <span class="soft">more than before; the number in a box is the change{scale === 'share' && ' of its share, in points'}</span>
      </p>
    );
  }
  const kinds = [...new Set(tree.frames.kind)].filter((kind) => kind in kindNames).sort();
  return (
    <p class="legend">
      {kinds.map((kind) => (
        <span key={kind}>
          <Swatch colour={kindColour(kind, palette.dark)} />
          {kindNames[kind]}
        </span>
      ))}
      {tree.inlined.includes(1) && (
        <span>
          <i>paler, in italics:</i> inlined
        </span>
      )}
    </p>
  );
}

function Swatch({ colour }: { colour: string }) {
  return (
    <svg class="swatch" width="14" height="14" aria-hidden="true">
      <rect width="14" height="14" rx="2" fill={colour} />
    </svg>
  );
}
