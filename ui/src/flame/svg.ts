// The graph as SVG text, self-contained, for tickets: what the canvas shows of the current window,
// with a title per box. Names are escaped; nothing in it runs.

import { firstEndingAfter, type Window } from '../profile/layout';
import { spoken } from '../profile/say';
import { contentHeight, fillOf, fontSize, labelOf, rowHeight, rowTop, type Scene } from './paint';

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

export function writeSvg(scene: Scene, window: Window, flip: boolean, width = 1200): string {
  const { layout, palette } = scene;
  const height = contentHeight(layout);
  const toPixels = width / (window.right - window.left);
  const boxes: string[] = [];
  layout.rows.forEach((row, depth) => {
    const y = rowTop(layout, depth, flip);
    for (let i = firstEndingAfter(layout, row, window.left); i < row.length; i++) {
      const node = row[i];
      if (layout.left[node] >= window.right) break;
      const x = Math.max(0, (layout.left[node] - window.left) * toPixels);
      const shown = Math.min(width, (layout.left[node] + layout.width[node] - window.left) * toPixels) - x;
      if (shown < 0.5) continue;
      const text = labelOf(scene, node, Math.floor((shown - 8) / (fontSize * 0.61)));
      const label = text && `<text x="${(x + 4).toFixed(1)}" y="${y + 14}" fill="${palette.text}">${escapeText(text)}</text>`;
      boxes.push(
        `<g><title>${escapeText(spoken(scene.tree, node, depth, scene.scale))}</title>` +
          `<rect x="${x.toFixed(1)}" y="${y}" width="${Math.max(0.5, shown - 0.6).toFixed(1)}" height="${rowHeight - 1}" fill="${fillOf(scene, node)}"/>${label}</g>`,
      );
    }
  });
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ` +
    `font-family="ui-monospace, DejaVu Sans Mono, Menlo, monospace" font-size="${fontSize}">` +
    `<rect width="100%" height="100%" fill="${palette.gap}"/>\n${boxes.join('\n')}\n</svg>\n`
  );
}
