// Drives the page in Chromium against a real server: node --test tests/ui

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openTab, stand, violations, visit as visitAt, withPage } from './browser.mjs';
import { binary, cpu, fill, fromMs, hostileName, publish, push, startServer, untilMs } from './server.mjs';

const here = stand(async ({ url }) => {
  await fill(url);
  await publish(url);
});

const window = `from=${fromMs}&until=${untilMs}`;
const explore = `?v=1&type=${encodeURIComponent(cpu)}&service=web&${window}`;
const half = fromMs + 1650e3;
const compare = `?v=1&page=compare&type=${encodeURIComponent(cpu)}&service=web&from=${half}&until=${untilMs}&base.service=web&base.from=${fromMs}&base.until=${half}`;

const visit = (query, steps, options) => visitAt(here, query, steps, options);
const graph = (page) => page.getByRole('tree', { name: 'Flame graph' });
const ready = (page) => page.locator('.flame-box canvas').first().waitFor();
const selectedText = (page) => page.locator('[role=treeitem][aria-selected=true]').first().textContent();

test('explore: services with totals, the heaviest shown, Back is undo', () =>
  visit(`?v=1&${window}`, async (page) => {
    await ready(page);
    const services = await page.locator('.service').allTextContents();
    assert.equal(services.length, 3);
    assert.match(services[0], /^web/);
    assert.match(services[0], /%/);
    await page.getByRole('button', { name: /^codec/ }).click();
    await page.waitForFunction(() => document.title.startsWith('codec'));
    await page.goBack();
    await page.waitForFunction(() => document.title.startsWith('web'));
  }));

test('timeline: dragging chooses a range', () =>
  visit(explore, async (page) => {
    await ready(page);
    const box = await page.locator('.timeline .u-over').boundingBox();
    await page.mouse.move(box.x + box.width * 0.1, box.y + 20);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5, box.y + 30, { steps: 5 });
    await page.mouse.up();
    await page.waitForFunction((before) => new URLSearchParams(location.search).get('from') > before, String(fromMs));
    const query = new URL(page.url()).searchParams;
    assert.ok(Number(query.get('until')) < untilMs);
  }));

test('filters: values have counts; a filter narrows the profile', () =>
  visit(explore, async (page) => {
    await ready(page);
    const whole = await page.locator('.summary').textContent();
    await page.getByLabel('Filter by label').selectOption('region');
    await page.getByLabel('Value of region').locator('option', { hasText: 'asia' }).waitFor({ state: 'attached' });
    assert.match(await page.getByLabel('Value of region').textContent(), /eu .*%/);
    await page.getByLabel('Value of region').selectOption('asia');
    await page.waitForFunction((text) => document.querySelector('.summary')?.textContent !== text, whole);
    assert.match(page.url(), /where=region/);
  }));

test('small multiples by label value', () =>
  visit(`${explore}&group=region`, async (page) => {
    await page.locator('.multiples li').first().waitFor();
    assert.equal(await page.locator('.multiples li').count(), 3);
    await page.getByRole('button', { name: 'As baseline' }).last().click();
    await page.getByRole('button', { name: 'Baseline ✓', pressed: true }).waitFor();
    await page.getByRole('button', { name: 'Only this' }).first().click();
    await page.waitForURL(/[?&]where=region/);
  }));

test('search: literal, regex, count, cycling, and a wrong regex', () =>
  visit(explore, async (page) => {
    await ready(page);
    await page.keyboard.press('/');
    await page.keyboard.type('mallocgc');
    await page.getByText(/[1-9]\d* found/).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(/zoom=/);
    assert.match(await selectedText(page), /mallocgc/);
    await page.getByRole('searchbox').fill('/^runtime\\.mallocgc$/');
    await page.locator('.summary', { hasText: /in 1 function\b/ }).waitFor();
    await page.getByRole('searchbox').fill('/(/');
    assert.equal(await page.getByRole('searchbox').getAttribute('aria-invalid'), 'true');
  }));

test('keyboard only: into the graph, down, zoom, focus, undo', () =>
  visit(explore, async (page) => {
    await ready(page);
    for (let i = 0; i < 400; i++) {
      if (await graph(page).evaluate((element) => element === document.activeElement)) break;
      await page.keyboard.press('Tab');
    }
    assert.ok(await graph(page).evaluate((element) => element === document.activeElement), 'Tab reaches the graph');
    assert.match(await selectedText(page), /^all, 100/);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    const text = await selectedText(page);
    assert.match(text, /, .*%, .*depth 2/);
    await page.keyboard.press('Enter');
    await page.waitForURL(/zoom=/);
    await page.keyboard.press('f');
    await page.waitForURL(/do=focus/);
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.goBack();
    await page.waitForFunction(() => !location.search.includes('do=focus'));
  }));

test('keyboard only: the table is one stop of Tab, the arrows go through it, g goes to the graph', () =>
  visit(explore, async (page) => {
    await ready(page);
    const focused = () => page.evaluate(() => document.activeElement.textContent);
    const names = await page.locator('td.function button.link').allTextContents();
    await page.getByRole('button', { name: 'Total' }).focus();
    for (const [key, row] of [['Tab', 0], ['ArrowDown', 1], ['ArrowDown', 2], ['ArrowUp', 1]]) {
      await page.keyboard.press(key);
      assert.equal(await focused(), names[row], key);
    }
    await page.keyboard.press('g');
    assert.ok(await graph(page).evaluate((element) => element === document.activeElement));
    await page.locator('td.function button.link').nth(1).focus();
    await page.keyboard.press('s');
    await page.waitForURL(/panel=sandwich/);
    await page.getByRole('tree', { name: 'Callers' }).waitFor();
  }));

test('changes: ignore and recursion, undone one by one', () =>
  visit(`${explore}&do=recursion&do=${encodeURIComponent('ignore:runtime.mallocgc')}`, async (page) => {
    await ready(page);
    await page.getByRole('searchbox').fill('/^runtime\\.mallocgc$/');
    await page.locator('.summary', { hasText: '0 matches' }).waitFor();
    await page.getByRole('button', { name: /Undo: without/ }).click();
    await page.locator('.summary', { hasText: /in 1 function\b/ }).waitFor();
  }));

test('sandwich and source lines', () =>
  visit(`${explore}&panel=sandwich&fn=runtime.mallocgc`, async (page) => {
    await page.getByRole('tree', { name: 'Callers' }).waitFor();
    await page.getByRole('tree', { name: 'Callees' }).waitFor();
    await page.getByRole('button', { name: 'Graph', exact: true }).click();
    await page.getByRole('searchbox').fill('/^runtime\\.mallocgc$/');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Source lines' }).click();
    await page.getByRole('region', { name: 'Source lines' }).locator('tbody tr').first().waitFor();
    assert.match(await page.getByRole('region', { name: 'Source lines' }).textContent(), /malloc\.go/);
  }));

const frames = (page) => page.locator('.summary').textContent().then((text) => Number(/· ([\d\u202f]+) frames?/.exec(text)[1].replaceAll('\u202f', '')));
const settled = (page) => page.waitForFunction(() => document.querySelector('.profile')?.getAttribute('aria-busy') === 'false' && document.querySelector('.summary'));
/** Opens the selected "other" with the key that zooms. */
async function openSelected(page) {
  assert.match(await selectedText(page), /^other, .*folded/);
  const before = await page.locator('.summary').textContent();
  await graph(page).focus();
  await page.keyboard.press('Enter');
  await page.waitForFunction((text) => document.querySelector('.summary')?.textContent !== text, before);
  await settled(page);
}
async function openFirst(page) {
  await page.getByRole('searchbox').fill('/^other$/');
  await page.getByText(/[1-9]\d* found/).waitFor();
  for (let i = 0; i < 20 && !/^other, /.test(await selectedText(page)); i++) await page.keyboard.press('Enter');
  await openSelected(page);
}
async function openAtRoot(page) {
  await graph(page).focus();
  for (const key of ['Home', 'ArrowDown']) await page.keyboard.press(key);
  for (let i = 0; i < 20 && !/^other, /.test(await selectedText(page)); i++) await page.keyboard.press('ArrowRight');
  await openSelected(page);
}

test('"other" opens by asking for that part alone, again and in a link', () =>
  visit(`${explore}&nodes=60`, async (page, { requests }) => {
    await page.getByText('are folded into “other”').waitFor();
    const folded = await frames(page);
    await openFirst(page);
    await page.waitForURL(/open=[0-9a-f]+/);
    const opened = await frames(page);
    assert.ok(opened > folded, `${opened} frames after ${folded}`);
    const asked = requests.filter((url) => url.includes('/anneal/v1/tree'));
    assert.ok(new URL(asked.at(-1)).searchParams.getAll('path').length > 0, 'only the part is asked for');
    assert.equal(asked.length, 2);
    await page.reload();
    await ready(page);
    assert.equal(await frames(page), opened, 'the link has it open');
    await page.goBack();
    await page.getByRole('button', { name: 'Show more' }).click();
    await page.waitForURL(/nodes=480/);
  }));

test('"other" opens at the root', () =>
  visit(`${explore}&nodes=2`, async (page, { requests }) => {
    await settled(page);
    await openAtRoot(page);
    assert.match(page.url(), /open=9e3779b9/);
    const asked = new URL(requests.filter((url) => url.includes('/anneal/v1/tree')).at(-1)).searchParams;
    assert.deepEqual([asked.getAll('path'), asked.get('skip')], [[], '1']);
    const before = await frames(page);
    await openAtRoot(page);
    assert.ok((await frames(page)) > before, 'and again');
  }));

const one = explore.replace('service=web', 'service=codec');
for (const [what, changes] of Object.entries({
  'as it is': '',
  'with a focus': `&do=${encodeURIComponent('focus:cmd/compile/internal/ssa.Compile')}`,
  'without a function, recursion collapsed': `&do=${encodeURIComponent('ignore:cmd/compile/internal/ssa.Compile')}&do=recursion`,
  'with a function collapsed': `&do=${encodeURIComponent('collapse:cmd/compile/internal/noder.unified')}`,
})) {
  test(`opening every "other" gives the whole: ${what}`, () =>
    visit(`${one}${changes}`, async (page) => {
      await settled(page);
      const summary = () => page.locator('.summary').textContent();
      assert.ok(!(await summary()).includes('folded'));
      const whole = [await frames(page), await page.locator('.summary b').first().textContent()];
      await page.goto(`${here.front.url}/${one}${changes}&nodes=40&panel=graph`);
      await settled(page);
      assert.ok((await frames(page)) < whole[0]);
      for (let i = 0; i < 60 && (await summary()).includes('folded'); i++) await openFirst(page);
      assert.deepEqual([await frames(page), await page.locator('.summary b').first().textContent()], whole);
    }));
}

test('call tree: the keys that trees have', () =>
  visit(`${explore}&panel=tree`, async (page) => {
    const tree = page.getByRole('tree', { name: 'Call tree' });
    await tree.focus();
    await page.keyboard.press('ArrowDown');
    const opened = await tree.getByRole('treeitem').count();
    await page.keyboard.press('ArrowLeft');
    assert.ok((await tree.getByRole('treeitem').count()) < opened);
  }));

test('compare: numbers with signs, sorted by change, shares and absolute', () =>
  visit(compare, async (page) => {
    await page.getByRole('tree', { name: 'Differential flame graph' }).waitFor();
    const changes = await page.locator('td.change b').allTextContents();
    assert.match(changes[0], /^[+−]/);
    const sizes = changes.map((text) => Number(text.replace(/[^\d.]/g, '')));
    assert.ok(sizes[0] >= sizes[10]);
    await page.getByRole('button', { name: 'Absolute' }).click();
    await page.waitForFunction(() => /^[+−].*\d (m?s|min)$/.test(document.querySelector('td.change b').textContent));
  }));

test('compare: two services; what is new and what is gone says so', () =>
  visit(compare.replace('base.service=web', 'base.service=codec').replace(`base.until=${half}`, `base.until=${untilMs}`), async (page) => {
    await page.getByRole('tree', { name: 'Differential flame graph' }).waitFor();
    assert.match(await page.locator('.table-box').textContent(), /new/);
    assert.match(await page.locator('.table-box').textContent(), /gone/);
  }));

test('compare: before PGO / after PGO is found by itself', () =>
  visit(`?v=1&page=compare&service=web&${window}&base.from=${fromMs}&base.until=${untilMs}`, async (page) => {
    await page.getByRole('button', { name: 'Before PGO / after PGO' }).click();
    await page.waitForURL(/base\.where=.*pgo/);
    await page.getByRole('tree', { name: 'Differential flame graph' }).waitFor();
  }));

test('links: the view comes back, relative time is frozen', async () => {
  const query = `?v=1&service=web&from=now-30d&until=now&panel=graph&shape=flame&search=http`;
  await visit(
    query,
    async (page, tab) => {
      await page.getByRole('button', { name: 'Copy link' }).waitFor();
      await tab.context.grantPermissions(['clipboard-read', 'clipboard-write']);
      await page.getByRole('button', { name: 'Copy link' }).click();
      await page.getByText('Copied').waitFor();
      const link = new URL(await page.evaluate(() => navigator.clipboard.readText()));
      assert.match(link.searchParams.get('from'), /^\d+$/);
      assert.equal(link.searchParams.get('shape'), 'flame');
      const summary = await page.locator('.summary').textContent();
      await page.goto(link.href);
      await page.waitForFunction((text) => document.querySelector('.summary')?.textContent === text, summary);
    },
    {},
  );
  await visit('?v=9', async (page) => {
    await page.getByText('This link has version 9').waitFor();
  });
});

test('exports: pprof read back by go tool pprof, folded, SVG, PNG', () =>
  visit(explore, async (page) => {
    await ready(page);
    const download = async (name) => {
      await page.locator('.menu').evaluate((menu) => (menu.open = true));
      const [file] = await Promise.all([page.waitForEvent('download'), page.locator('.menu-items').getByText(name, { exact: true }).click()]);
      const path = join(here.server.folder, file.suggestedFilename());
      await file.saveAs(path);
      return path;
    };
    const pprof = await download('pprof');
    const top = execFileSync('go', ['tool', 'pprof', '-top', '-nodecount=500', pprof], { encoding: 'utf8', env: { ...process.env, PPROF_TMPDIR: here.server.folder } });
    assert.match(top, /runtime\.mallocgc/);
    assert.match(readFileSync(await download('Folded stacks'), 'utf8'), /;runtime\.mallocgc.* \d+\n/);
    const svg = readFileSync(await download('SVG picture'), 'utf8');
    assert.match(svg, /^<svg .*<\/svg>\n$/s);
    assert.equal(readFileSync(await download('PNG picture')).subarray(1, 4).toString(), 'PNG');
  }));

test('exports hold what focus and ignore leave, and say so', () =>
  visit(`${explore}&do=${encodeURIComponent('focus:runtime.mallocgc')}&do=recursion`, async (page) => {
    await ready(page);
    await page.locator('.menu').evaluate((menu) => (menu.open = true));
    await page.getByText('the selection with focus and ignore, without collapsing').waitFor();
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByText('Folded stacks', { exact: true }).click()]);
    const lines = readFileSync(await file.path(), 'utf8').trim().split('\n');
    assert.ok(lines.length > 0 && lines.every((line) => line.includes('runtime.mallocgc')), lines[0]);
  }));

test('a slow query says so, can be cancelled and tried again; leaving aborts it', () =>
  visit('?v=1&page=pgo&service=web', async (page, { troubles }) => {
    let slow = true;
    await page.route('**/anneal/v1/tree*', (route) => (slow ? undefined : route.continue()));
    const aborted = (part) => page.waitForEvent('requestfailed', (request) => request.url().includes(part));
    await page.getByRole('link', { name: 'Explore' }).click();
    await page.goto(`${here.front.url}/${explore}`);
    await page.getByText('Merging profiles…').waitFor();
    const cancelled = aborted('/anneal/v1/tree');
    await page.locator('.profile').getByRole('button', { name: 'Cancel' }).click();
    await cancelled;
    await page.getByText('The query was cancelled.').waitFor();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('Merging profiles…').waitFor();
    const left = aborted('/anneal/v1/tree');
    await page.getByRole('link', { name: 'PGO' }).click();
    await left;
    slow = false;
    await page.getByRole('link', { name: 'Explore' }).click();
    await ready(page);
    assert.deepEqual(troubles, []);
  }));

test('each part says that it is loading before its answer is there, and no longer after it', () =>
  visit('?v=1&page=pgo&service=web', async (page) => {
    const held = [];
    let holds = /never/;
    await page.route(/anneal\/v1|QuerierService/, (route) => (holds.test(route.request().url()) ? held.push(route) : route.continue()));
    const release = async () => {
      holds = /never/;
      await Promise.all(held.splice(0).map((route) => route.continue().catch(() => {}))); // the page may have given it up
      await page.waitForFunction(() => !document.querySelector('.waiting'));
    };
    const said = (text) => page.locator('.waiting', { hasText: text }).first().waitFor();
    holds = /Series$/;
    await page.goto(`${here.front.url}/?v=1&service=web&${window}`);
    await said('Looking for services…');
    await release();
    holds = /SelectSeries|tree/;
    await page.goto(`${here.front.url}/${explore}&group=region`);
    await said('Loading the timeline…');
    await said('Loading values…');
    await said('Merging profiles…');
    assert.equal(await page.locator('.profile').getAttribute('aria-busy'), 'true');
    await release();
    await ready(page);
    assert.equal(await page.locator('.profile').getAttribute('aria-busy'), 'false');
    holds = /tree/;
    const top = (await page.locator('.flame-box').boundingBox()).y;
    await page.getByRole('button', { name: 'Refresh' }).click();
    await said('Loading the next profile…');
    assert.equal((await page.locator('.flame-box').boundingBox()).y, top, 'what is there does not jump');
    await release();
    holds = /lines/;
    await graph(page).focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('l');
    await said('Loading lines…');
    await release();
    holds = /services/;
    await page.getByRole('link', { name: 'PGO' }).click();
    await said('Loading records…');
    await release();
    holds = /tree|SelectSeries/;
    await page.goto(`${here.front.url}/${compare}`);
    await said('Loading the timeline…');
    await said('Merging profiles…');
    await release();
    await page.getByRole('tree', { name: 'Differential flame graph' }).waitFor();
  }));

test('fields that were not understood say how to write them; the export menu closes by Esc', () =>
  visit(explore, async (page) => {
    await ready(page);
    const before = page.url();
    await page.getByLabel('Time range: from').fill('yesterday');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('now-1h').waitFor();
    await page.getByLabel('Filters as matchers').fill('region=eu');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('region="eu"').waitFor();
    assert.equal(page.url(), before);
    await page.getByText('Export', { exact: true }).click();
    await page.locator('.menu-items').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('.menu-items').waitFor({ state: 'hidden' });
    assert.equal(await page.evaluate(() => document.activeElement.tagName), 'SUMMARY');
    await page.keyboard.press('Enter');
    await page.locator('.menu-items').waitFor();
    await page.locator('.summary').click();
    await page.locator('.menu-items').waitFor({ state: 'hidden' });
  }));

test('the PGO page of a service without records says so, and shows nobody else’s', () =>
  visit('?v=1&page=pgo&service=codec', async (page) => {
    await page.getByText('No artefact and no verdict yet for codec').waitFor();
    assert.equal(await page.getByRole('region', { name: 'Verdict', exact: true }).count(), 0);
    await page.getByLabel('Service').selectOption('web');
    await page.getByRole('region', { name: 'Verdict', exact: true }).waitFor();
  }));

test('a record is deleted after a second press', async () => {
  const own = await startServer();
  await publish(own.url);
  const page = await withPage(own.url);
  const tab = await openTab(here.browser);
  try {
    await tab.page.goto(`${page.url}/?v=1&page=pgo&service=web`);
    const records = tab.page.getByRole('region', { name: 'Records', exact: true });
    await records.locator('tbody tr').nth(1).waitFor();
    await records.getByRole('button', { name: /^Delete/ }).last().click();
    assert.equal(await records.locator('tbody tr').count(), 2);
    await records.getByRole('button', { name: /^Really delete/ }).click();
    await tab.page.waitForFunction(() => document.querySelectorAll('[aria-label=Records] tbody tr').length === 1);
    assert.deepEqual(tab.troubles, []);
  } finally {
    await tab.context.close();
    await page.stop();
    await own.stop();
  }
});

test('hostile names are text', () =>
  visit(`?v=1&service=hostile&${window}`, async (page) => {
    await ready(page);
    await page.locator('td.function', { hasText: hostileName }).first().waitFor();
    assert.match(await page.locator('.table-box').textContent(), /safe⟨U\+202E⟩evil⟨U\+2066⟩/);
    await page.getByLabel('Filter by label').selectOption('note');
    await graph(page).focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('s');
    await page.getByRole('tree', { name: 'Callers' }).waitFor();
    assert.equal(await page.evaluate(() => window.hacked), undefined);
    assert.equal(await page.locator('main script, main img').count(), 0);
  }));

test('an empty server: the command, then the first profile without a reload', async () => {
  const empty = await startServer();
  const page = await withPage(empty.url);
  const tab = await openTab(here.browser);
  try {
    await tab.page.goto(page.url);
    await tab.page.getByText('No profiles yet').waitFor();
    assert.match(await tab.page.locator('pre').first().textContent(), new RegExp(`${page.url}/ingest`));
    await push(empty.url, 'first', 'groups', 'main;work 10\n', Date.now());
    await tab.page.locator('.service', { hasText: 'first' }).waitFor();
    await ready(tab.page);
    await tab.page.goto(`${page.url}/?v=1&page=pgo`);
    await tab.page.getByText(`anneal loop --publish ${page.url}`).waitFor();
  } finally {
    await tab.context.close();
    await page.stop();
    await empty.stop();
  }
});

test('PGO page: artefact, verdicts, builds, edges, decisions, download', () =>
  visit('?v=1&page=pgo&service=web', async (page) => {
    const region = (name) => page.getByRole('region', { name, exact: true });
    await region('Hot edges').getByText('refused').waitFor();
    assert.match(await region('Artefact').textContent(), /12.000.*usable.*go1\.26\.8/s);
    assert.match(await region('Verdict').textContent(), /Gain.*5\.0 % less/s);
    assert.match(await region('Verdicts').getByRole('img').getAttribute('aria-label'), /−5\.00 %, from −5\.80 % to −4\.30 %/);
    assert.equal(await region('Records').locator('tbody tr').count(), 2);
    await region('Builds over time').getByText('version=v2').first().waitFor();
    assert.match(await region('Builds over time').locator('tr', { hasText: 'version=v1' }).first().textContent(), /off.*12:05/);
    assert.match(await region('Hot edges').textContent(), /refused.*the caller is big/);
    assert.match(await region('Decisions gained and lost').textContent(), /Gained: 1.*main\.fresh.*Lost: 1.*main\.old/s);
    assert.match(await region('Artefact').textContent(), /go build -pgo=default\.pgo -o web/);
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByText('Download default.pgo').click()]);
    assert.equal(readFileSync(await file.path(), 'utf8'), 'profile of 1');
    await region('Records').getByRole('button', { name: 'Show', exact: true }).click();
    await region('Verdict').getByText('No measurable difference').waitFor();
    await region('Builds over time').getByRole('button', { name: 'Before PGO / after PGO' }).click();
    await page.waitForURL(/page=compare.*base\.where=.*pgo/);
    await page.getByRole('tree', { name: 'Differential flame graph' }).waitFor();
    assert.equal(await page.evaluate(() => window.hacked), undefined);
  }));

test('a server with tokens: signing in and out', async () => {
  const tokens = join(here.server.folder, 'tokens');
  const token = execFileSync(binary, ['token', 'reader', '--rights', 'read', '--file', tokens], { encoding: 'utf8' }).trim();
  const locked = await startServer(['--auth-tokens', tokens]);
  const page = await withPage(locked.url);
  const { page: tab, context } = await openTab(here.browser);
  try {
    await tab.goto(page.url);
    await tab.getByLabel('Token').fill('reader.wrong');
    await tab.getByRole('button', { name: 'Sign in' }).click();
    await tab.getByRole('alert').waitFor();
    await tab.getByLabel('Token').fill(token);
    await tab.getByRole('button', { name: 'Sign in' }).click();
    await tab.getByText('No profiles yet').waitFor();
    assert.equal(await tab.evaluate(() => document.cookie), '');
    await tab.reload();
    await tab.getByText('No profiles yet').waitFor();
    await tab.getByRole('button', { name: 'Sign out' }).click();
    await tab.getByLabel('Token').waitFor();
  } finally {
    await context.close();
    await page.stop();
    await locked.stop();
  }
});

const views = { explore, graph: `${explore}&panel=graph&shape=flame&search=json`, tree: `${explore}&panel=tree`, sandwich: `${explore}&panel=sandwich&fn=runtime.mallocgc`, compare, pgo: '?v=1&page=pgo&service=web' };
for (const scheme of ['light', 'dark']) {
  for (const [name, query] of Object.entries(views)) {
    test(`axe finds nothing: ${name}, ${scheme}`, async () => {
      const tab = await openTab(here.browser, { colorScheme: scheme, bypassCSP: true });
      await tab.page.goto(here.front.url + '/' + query);
      await tab.page.locator('main :is(canvas, [role=tree], pre)').first().waitFor();
      await tab.page.waitForFunction(() => !document.querySelector('.waiting'));
      const found = await violations(tab.page);
      await tab.context.close();
      assert.deepEqual(found, []);
    });
  }
}

for (const width of [360, 412]) {
  for (const [name, query] of Object.entries(views)) {
    test(`phone of ${width}: nothing is wider than the screen, axe finds nothing: ${name}`, () =>
      visit(
        query,
        async (page) => {
          await page.locator('main :is(canvas, [role=tree], pre)').first().waitFor();
          await page.waitForFunction(() => !document.querySelector('.waiting'));
          const { wide, who } = await page.evaluate(() => ({
            wide: document.documentElement.scrollWidth,
            who: [...document.querySelectorAll('main *')].filter((each) => each.getBoundingClientRect().right > innerWidth + 1 && !each.closest('.scroll, .table-box')).map((each) => each.outerHTML.slice(0, 80)).slice(0, 3),
          }));
          assert.ok(wide <= width, `the page is ${wide} wide: ${who}`);
          assert.deepEqual(await violations(page), []);
        },
        { viewport: { width, height: 800 }, isMobile: true, hasTouch: true, bypassCSP: true },
      ));
  }
}
