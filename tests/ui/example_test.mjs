// The page on profiles of a real program: examples/markdown, built and run here, with its SDK pushing.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { stand, violations, visit as visitAt } from './browser.mjs';
import { buildExample, runExample, verifyExample } from './example.mjs';
import { cpu } from './server.mjs';

const here = stand(async ({ url, folder }) => {
  const binary = buildExample(folder);
  await runExample(binary, url, { input: 'tables.md', service: 'tables', cpu: 3 });
  await runExample(binary, url, { input: 'code.md', service: 'code', cpu: 3 });
  await verifyExample(binary, url, 'tables');
});
const visit = (query, steps, options) => visitAt(here, query, steps, options);

const tables = `?v=1&type=${encodeURIComponent(cpu)}&service=tables&from=now-1h&until=now`;
const ready = (page) => page.locator('.flame-box canvas').first().waitFor();
const goldmark = 'github.com/yuin/goldmark';
const convert = 'github.com/yuin/goldmark.(*markdown).Convert';

test('example: its services, its types, what the SDK says of the build', () =>
  visit('?v=1&from=now-1h&until=now', async (page) => {
    await ready(page);
    assert.deepEqual((await page.locator('.service').allTextContents()).map((text) => /^[a-z]+/.exec(text)[0]).sort(), ['code', 'tables']);
    const types = await page.getByLabel('Profile type').locator('option').allTextContents();
    assert.ok(types.length >= 3, `${types}`);
    await page.getByLabel('Filter by label').selectOption('pgo');
    await page.getByLabel('Value of pgo').locator('option', { hasText: 'off' }).waitFor({ state: 'attached' });
    await page.getByLabel('Profile type').selectOption({ index: types.findIndex((each) => /alloc_space/.test(each)) });
    await page.locator('.summary', { hasText: /\d [kMG]i?B/ }).waitFor();
  }));

test('example: drag, search, focus, sandwich, source lines', () =>
  visit(tables, async (page) => {
    await ready(page);
    await page.getByRole('searchbox').fill(goldmark);
    await page.locator('.summary', { hasText: /[1-9]\d* matches/ }).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(/zoom=/);
    assert.match(await page.locator('[role=treeitem][aria-selected=true]').first().textContent(), /goldmark.*, Go,/);
    await page.getByRole('searchbox').fill(convert);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Source lines' }).click();
    await page.getByRole('region', { name: 'Source lines' }).getByText('markdown.go').waitFor();
    await page.getByRole('button', { name: 'Sandwich' }).last().click();
    await page.getByRole('tree', { name: 'Callers' }).waitFor();
    assert.match(await page.locator('.sandwich').textContent(), /Convert/);
    await page.goBack();
    await ready(page);
    await page.locator('.timeline').scrollIntoViewIfNeeded();
    const box = await page.locator('.timeline .u-over').boundingBox();
    await page.mouse.move(box.x + box.width * 0.5, box.y + 20);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width - 1, box.y + 30, { steps: 5 });
    await page.mouse.up();
    await page.waitForURL(/from=\d{13}/);
    await ready(page);
  }));

test('example: keyboard only, from the graph to a focus and back', () =>
  visit(`${tables}&panel=graph`, async (page) => {
    await ready(page);
    await page.getByRole('tree', { name: 'Flame graph' }).focus();
    for (const key of ['ArrowDown', 'ArrowDown', 'Enter']) await page.keyboard.press(key);
    await page.waitForURL(/zoom=/);
    await page.keyboard.press('f');
    await page.waitForURL(/do=focus/);
    await ready(page);
    await page.goBack();
    await page.waitForFunction(() => !location.search.includes('do=focus'));
  }));

test('example: two inputs compared; what only the tables need is less or gone', () =>
  visit(`?v=1&page=compare&type=${encodeURIComponent(cpu)}&service=code&from=now-1h&until=now&base.service=tables&base.from=now-1h&base.until=now`, async (page) => {
    await page.getByRole('tree', { name: 'Differential flame graph' }).waitFor();
    await page.getByRole('searchbox').fill('renderTableCell');
    const row = page.locator('tr', { hasText: 'renderTableCell' }).first();
    await row.waitFor();
    assert.match(await row.locator('td.change').textContent(), /−|gone/);
  }));

test('example: exports read back', () =>
  visit(tables, async (page) => {
    await ready(page);
    await page.locator('.menu').evaluate((menu) => (menu.open = true));
    const [file] = await Promise.all([page.waitForEvent('download'), page.locator('.menu-items').getByText('pprof', { exact: true }).click()]);
    const pprof = join(here.server.folder, 'example.pb.gz');
    await file.saveAs(pprof);
    const top = execFileSync('go', ['tool', 'pprof', '-top', '-cum', pprof], { encoding: 'utf8', env: { ...process.env, PPROF_TMPDIR: here.server.folder } });
    assert.ok(top.includes(convert), top);
    const [folded] = await Promise.all([page.waitForEvent('download'), page.locator('.menu-items').getByText('Folded stacks', { exact: true }).click()]);
    assert.match(readFileSync(await folded.path(), 'utf8'), /goldmark.* \d+\n/);
  }));

test('example: what ran is joined to what was measured, by build id', () =>
  visit('?v=1&page=pgo&service=tables', async (page) => {
    const builds = page.getByRole('region', { name: 'Builds over time', exact: true });
    await builds.locator('tbody tr').first().waitFor();
    assert.equal(await builds.locator('tbody tr').count(), 1);
    assert.match(await builds.locator('tbody tr').textContent(), /[0-9a-f]{12}off.*of the baseline’s CPU/);
    await page.getByRole('region', { name: 'Records', exact: true }).getByText('off → off').waitFor();
  }));

test('example: axe finds nothing', () =>
  visit(
    tables,
    async (page) => {
      await ready(page);
      await page.waitForFunction(() => !document.querySelector('.waiting'));
      assert.deepEqual(await violations(page), []);
    },
    { bypassCSP: true },
  ));
