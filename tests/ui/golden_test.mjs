// Screenshots of every page in both themes against those of the guide. Fonts differ between machines, so
// both are shrunk before they are compared: layout and colour count, not the shape of letters.
//
// ANNEAL_UPDATE_GOLDENS=1 writes them anew.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openTab, root, stand } from './browser.mjs';
import { cpu, fill, fromMs, publish, untilMs } from './server.mjs';

const folder = join(root, 'docs/guide/images');
const half = fromMs + 1650e3;
const type = `type=${encodeURIComponent(cpu)}`;
const views = {
  explore: `?v=1&${type}&service=web&from=${fromMs}&until=${untilMs}&group=region`,
  sandwich: `?v=1&${type}&service=web&from=${fromMs}&until=${untilMs}&panel=sandwich&fn=runtime.mallocgc`,
  compare: `?v=1&page=compare&${type}&service=web&from=${half}&until=${untilMs}&base.service=web&base.from=${fromMs}&base.until=${half}`,
  pgo: '?v=1&page=pgo&service=web',
};
/** Share of the brightness range by which shrunk pixels may differ on average, and where one is "different". */
const tolerance = { mean: 0.02, pixel: 0.2, share: 0.03 };

const here = stand(async ({ url }) => {
  await fill(url);
  await publish(url);
});

for (const scheme of ['light', 'dark']) {
  for (const [name, query] of Object.entries(views)) {
    test(`${name}, ${scheme}`, async () => {
      const { page, context } = await openTab(here.browser, { colorScheme: scheme, viewport: { width: 1200, height: 860 } });
      await page.goto(here.front.url + '/' + query);
      await page.locator('main :is(canvas, pre)').first().waitFor();
      await page.waitForFunction(() => !document.querySelector('.waiting'));
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      const picture = await page.screenshot();
      const file = join(folder, `page-${name}-${scheme}.png`);
      if (process.env.ANNEAL_UPDATE_GOLDENS) {
        mkdirSync(folder, { recursive: true });
        writeFileSync(file, picture);
      }
      assert.ok(existsSync(file), `${file} is missing; ANNEAL_UPDATE_GOLDENS=1 makes it`);
      const found = await difference(context, picture, readFileSync(file));
      await context.close();
      assert.ok(found.mean <= tolerance.mean && found.share <= tolerance.share, `${file}: ${JSON.stringify(found)}, allowed ${JSON.stringify(tolerance)}`);
    });
  }
}

async function difference(context, one, other) {
  const page = await context.newPage();
  return page.evaluate(
    async ([urls, limit]) => {
      const [width, height] = [150, 108];
      const pixels = async (url) => {
        const image = new Image();
        image.src = url;
        await image.decode();
        const canvas = new OffscreenCanvas(width, height);
        const pen = canvas.getContext('2d');
        pen.imageSmoothingQuality = 'high';
        pen.drawImage(image, 0, 0, width, height);
        return pen.getImageData(0, 0, width, height).data;
      };
      const [a, b] = [await pixels(urls[0]), await pixels(urls[1])];
      let sum = 0;
      let far = 0;
      for (let i = 0; i < a.length; i += 4) {
        const d = (Math.abs(a[i] - b[i]) + Math.abs(a[i + 1] - b[i + 1]) + Math.abs(a[i + 2] - b[i + 2])) / 765;
        sum += d;
        if (d > limit) far++;
      }
      return { mean: sum / (width * height), share: far / (width * height) };
    },
    [[one, other].map((bytes) => `data:image/png;base64,${bytes.toString('base64')}`), tolerance.pixel],
  );
}
