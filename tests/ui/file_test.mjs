// The page with its data within itself, as `anneal view --html` writes it: opened from disk, without a
// request, every view at work.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { after, before, test } from 'node:test';
import { launch, openTab, root } from './browser.mjs';

let browser;
const folder = mkdtempSync(join(tmpdir(), 'anneal-ui-'));
before(async () => {
  browser = await launch();
});
after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

const tree = {
  schema: 1,
  sampleType: 'cpu',
  unit: 'nanoseconds',
  total: 5e9,
  strings: ['', 'main', 'work', '</script><script>window.hacked=1</script>'],
  frames: { name: [1, 2, 3], file: [0, 0, 0], line: [1, 2, 3], kind: [1, 2, 3], module: [0, 0, 0] },
  nodes: { parent: [-1, 0, 1, 1], frame: [-1, 0, 1, 2], self: [0, 1e9, 3e9, 1e9], total: [5e9, 5e9, 3e9, 1e9], inlined: [0, 0, 1, 0] },
  foldedNodes: 0,
};

function write(name, data) {
  const dist = (file) => readFileSync(join(root, 'ui/dist', file), 'utf8');
  const json = JSON.stringify(data).replaceAll('</', '<\\/');
  const html = dist('index.html')
    .replace(/<script[^>]*><\/script>/, '')
    .replace(/<link[^>]*>/g, '')
    .replace('</head>', () => `<style>${dist('page.css')}</style></head>`)
    .replace('</body>', () => `<script type="application/json" id="anneal-data">${json}</script><script type="module">${dist('page.js')}</script></body>`);
  const file = join(folder, name);
  writeFileSync(file, html);
  return pathToFileURL(file).href;
}

test('one file: graph, search, sandwich, lines, folded, no request', async () => {
  const url = write('one.html', { title: 'cpu.pprof', tree, lines: { work: { file: 'work.go', startLine: 2, lines: [{ line: 7, self: 3e9, total: 3e9 }] } } });
  const { page, context, troubles, requests } = await openTab(browser);
  await page.goto(url);
  await page.getByRole('tree', { name: 'Flame graph' }).focus();
  await page.keyboard.press('End');
  assert.match(await page.locator('[role=treeitem][aria-selected=true]').first().textContent(), /^work, 60\.0 %, 3 s, native, inlined, depth 2/);
  await page.keyboard.press('l');
  await page.getByRole('region', { name: 'Source lines' }).getByText('work.go').waitFor();
  await page.keyboard.press('s');
  await page.getByRole('tree', { name: 'Callers' }).waitFor();
  assert.match(page.url(), /#v=1.*panel=sandwich/);
  await page.reload();
  await page.getByRole('tree', { name: 'Callers' }).waitFor();
  await page.locator('.menu').evaluate((menu) => (menu.open = true));
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByText('Folded stacks').click()]);
  assert.match(readFileSync(await file.path(), 'utf8'), /^main;work 3000000000$/m);
  assert.equal(await page.evaluate(() => window.hacked), undefined);
  assert.deepEqual(troubles, []);
  assert.deepEqual(requests.filter((each) => !each.startsWith('file:') && !each.startsWith('blob:')), []);
  await context.close();
});

test('two files: the difference, in the view that the file asks for', async () => {
  const diff = { ...tree, baseTotal: 5e9, nodes: { ...tree.nodes, baseSelf: [0, 1e9, 4e9, 0], baseTotal: [5e9, 5e9, 4e9, 0] } };
  const { page, context, troubles } = await openTab(browser);
  await page.goto(write('two.html', { title: 'a against b', tree: diff, state: 'v=1&page=compare&panel=both&search=work' }));
  await page.getByRole('tree', { name: 'Differential flame graph' }).waitFor();
  assert.equal(await page.getByRole('searchbox').inputValue(), 'work');
  assert.match(await page.locator('td.change').first().textContent(), /−20\.0 %/);
  assert.deepEqual(troubles, []);
  await context.close();
});
