// Measures the page's budgets in Chromium: node bench/ui/page_bench.mjs [--check]
//
// The page is the one of ui/dist (npm run build), its data is generated, all on loopback. --check ends with
// status 1 when a budget is missed.

import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { launch, openTab, root } from '../../tests/ui/browser.mjs';

const require = createRequire(join(root, 'ui/package.json'));
const { buildSync } = createRequire(require.resolve('vite'))('esbuild');
const { generateTree } = await compiled('ui/mock/profile.ts');
const dist = join(root, 'ui/dist');
const cpu = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';

async function compiled(file) {
  const { outputFiles } = buildSync({ entryPoints: [join(root, file)], bundle: true, format: 'esm', write: false });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}

/** Trees are answered when this is done. */
let held = Promise.resolve();
let release = () => {};

/** Answers with a tree of this many nodes; gzip as the server does. */
async function serve(nodes) {
  const tree = gzipSync(JSON.stringify(generateTree({ nodes, seed: 7, base: false })), { level: 1 });
  const labels = [{ name: 'service_name', value: 'bench' }, { name: '__profile_type__', value: cpu }];
  const types = { html: 'text/html', js: 'text/javascript', css: 'text/css', svg: 'image/svg+xml' };
  const server = createServer((request, response) => {
    const path = new URL(request.url, 'http://localhost').pathname;
    const file = path === '/' ? 'index.html' : path.slice(1);
    response.setHeader('Content-Encoding', 'gzip');
    if (existsSync(join(dist, file))) {
      response.setHeader('Content-Type', types[file.split('.').pop()]);
      return response.end(gzipSync(readFileSync(join(dist, file))));
    }
    response.setHeader('Content-Type', 'application/json');
    if (path.endsWith('/tree')) return held.then(() => response.end(tree));
    const answer = path.endsWith('/Series') ? { labelsSet: [{ labels }] } : path.endsWith('/session') ? { auth: 'none', authenticated: true } : {};
    response.end(gzipSync(JSON.stringify(answer)));
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return { url: `http://127.0.0.1:${server.address().port}/?v=1&service=bench&panel=graph&type=${cpu}`, server };
}

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

async function open(browser, url) {
  const { page, context, troubles } = await openTab(browser);
  await page.addInitScript(() => {
    const observer = new MutationObserver(() => {
      if (!document.querySelector('.flame-box canvas')) return;
      observer.disconnect();
      requestAnimationFrame(() => requestAnimationFrame(() => (window.drawnAt = performance.now())));
    });
    observer.observe(document, { childList: true, subtree: true });
  });
  await page.goto(url);
  await page.waitForFunction(() => window.drawnAt > 0);
  const times = await page.evaluate(() => ({
    paint: performance.getEntriesByName('first-contentful-paint')[0].startTime,
    open: window.drawnAt - performance.getEntriesByType('resource').find((each) => each.name.includes('/tree')).responseEnd,
  }));
  if (troubles.length > 0) throw new Error(troubles.join('\n'));
  return { page, context, times };
}

/** Frames per second while the graph is panned (or zoomed) in every frame for two seconds. */
function frames(page, zoom) {
  return page.evaluate(async (zooming) => {
    const box = document.querySelector('.flame-box');
    const { left, top, width } = box.getBoundingClientRect();
    const wheel = (init) => box.dispatchEvent(new WheelEvent('wheel', { clientX: left + width / 2, clientY: top + 50, cancelable: true, bubbles: true, ...init }));
    for (let i = 0; i < 4; i++) wheel({ ctrlKey: true, deltaY: -200 });
    const ends = [];
    const begun = performance.now();
    while (performance.now() - begun < 2000) {
      const phase = Math.sin(ends.length / 12);
      wheel(zooming ? { ctrlKey: true, deltaY: 40 * phase } : { shiftKey: true, deltaX: 60 * phase });
      ends.push(await new Promise(requestAnimationFrame));
    }
    return ((ends.length - 1) * 1000) / (ends.at(-1) - ends[0]);
  }, zoom);
}

/** From the key press to the count on the screen. */
function searchTime(page, text) {
  return page.evaluate(async (wanted) => {
    const input = document.querySelector('input[type=search]');
    const begun = performance.now();
    const shown = new Promise((done) => {
      const observer = new MutationObserver(() => {
        if (!document.querySelector('.summary').textContent.includes('matches')) return;
        observer.disconnect();
        done(performance.now());
      });
      observer.observe(document.body, { childList: true, subtree: true, characterData: true });
    });
    input.value = wanted;
    input.dispatchEvent(new InputEvent('input', { bubbles: true }));
    const ended = await shown;
    input.value = '';
    input.dispatchEvent(new InputEvent('input', { bubbles: true }));
    await new Promise((done) => setTimeout(done, 100));
    return ended - begun;
  }, text);
}

/** From the press of a button that asks anew to the word that it is being loaded, drawn. */
function loadingTime(page) {
  return page.evaluate(async () => {
    const shown = () => {
      const waiting = document.querySelector('.profile .waiting');
      return waiting && Number(getComputedStyle(waiting).opacity) === 1;
    };
    const begun = performance.now();
    [...document.querySelectorAll('button')].find((button) => button.textContent.trim() === 'Refresh').click();
    while (!shown() && performance.now() - begun < 2000) await new Promise(requestAnimationFrame);
    return performance.now() - begun;
  });
}

const browser = await launch();
const rows = [];
const bundle = ['index.html', 'page.js', 'page.css', 'icon.svg'].reduce((sum, file) => sum + gzipSync(readFileSync(join(dist, file))).length, 0);
rows.push(['bundle, gzipped', bundle / 1024, 'kB', 350, 'most']);

for (const nodes of [100_000, 1_000_000]) {
  const { url, server } = await serve(nodes);
  const times = { paint: [], open: [], search: [], pan: [], zoom: [], loading: [] };
  for (let round = 0; round < 3; round++) {
    const { page, context, times: opened } = await open(browser, url);
    times.paint.push(opened.paint);
    times.open.push(opened.open);
    times.search.push(await searchTime(page, 'mallocgc'));
    times.search.push(await searchTime(page, 'render1'));
    times.pan.push(await frames(page, false));
    times.zoom.push(await frames(page, true));
    held = new Promise((done) => (release = done));
    times.loading.push(await loadingTime(page));
    release();
    await context.close();
  }
  const label = `${nodes.toLocaleString('en')} nodes`;
  rows.push([`first paint, ${label}`, median(times.paint), 'ms', 400, 'most']);
  rows.push([`from the answer to the graph, ${label}`, median(times.open), 'ms', 1000, 'most']);
  rows.push([`search, ${label}`, median(times.search), 'ms', 50, 'most']);
  // The budget of motion is for 100,000 nodes; beyond, the figure is for information.
  const least = nodes > 100_000 ? 0 : 55;
  rows.push([`loading is shown, ${label}`, median(times.loading), 'ms', 100, 'most']);
  rows.push([`pan, ${label}`, median(times.pan), 'frames/s', least, 'least']);
  rows.push([`zoom, ${label}`, median(times.zoom), 'frames/s', least, 'least']);
  server.close();
  server.closeAllConnections();
}
await browser.close();

let missed = 0;
console.log('| | measured | budget |\n|---|---:|---:|');
for (const [name, value, unit, budget, kind] of rows) {
  const kept = kind === 'most' ? value <= budget : value >= budget;
  if (!kept) missed++;
  console.log(`| ${name} | ${value.toFixed(value < 100 ? 1 : 0)} ${unit} | ${kind === 'most' ? '≤' : '≥'} ${budget}${kept ? '' : ' MISSED'} |`);
}
if (process.argv.includes('--check') && missed > 0) process.exit(1);
