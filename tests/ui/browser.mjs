// Chromium for the page's tests: Debian's, without a network but loopback, in UTC and English.

import assert from 'node:assert/strict';
import { createServer, request as forward } from 'node:http';
import { createRequire } from 'node:module';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { root, startServer } from './server.mjs';

export { root };
const require = createRequire(join(root, 'ui/package.json'));
const { chromium } = require('playwright-core');
const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

export async function launch() {
  const executablePath = process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
  if (!executablePath) throw new Error('no chromium: install the package chromium, or set CHROMIUM');
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--force-device-scale-factor=1', '--font-render-hinting=none'] });
}

/** A tab that remembers what went wrong and every request that left for elsewhere. */
export async function openTab(browser, options = {}) {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    colorScheme: 'light',
    reducedMotion: 'reduce',
    timezoneId: 'UTC',
    locale: 'en-GB',
    acceptDownloads: true,
    bypassCSP: false,
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(Number(process.env.ANNEAL_UI_TIMEOUT ?? 20_000));
  const troubles = [];
  const requests = [];
  page.on('pageerror', (error) => troubles.push(error.message));
  page.on('console', (message) => message.type() === 'error' && troubles.push(message.text()));
  page.on('request', (request) => requests.push(request.url()));
  return { page, context, troubles, requests };
}

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/** The built files in front of a server whose binary was built without the page, or with ANNEAL_UI_DIST=1 of any. */
export async function withPage(url) {
  const own = await fetch(url, { headers: { Accept: 'text/html' } });
  if ((await own.text()).includes('id="page"') && !process.env.ANNEAL_UI_DIST) return { url, stop: async () => {} };
  const dist = join(root, 'ui/dist');
  const types = { html: 'text/html', js: 'text/javascript', css: 'text/css', svg: 'image/svg+xml' };
  const proxy = createServer((request, response) => {
    const path = new URL(request.url, url).pathname;
    const file = path === '/' ? 'index.html' : path.slice(1);
    if (/^[\w.]+$/.test(file) && existsSync(join(dist, file))) {
      response.setHeader('Content-Type', types[file.split('.').pop()] ?? 'application/octet-stream');
      response.setHeader('Content-Security-Policy', policy);
      return response.end(readFileSync(join(dist, file)));
    }
    const behind = forward(new URL(request.url, url), { method: request.method, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    behind.on('error', () => response.destroy());
    request.pipe(behind);
  });
  await new Promise((done) => proxy.listen(0, '127.0.0.1', done));
  return { url: `http://127.0.0.1:${proxy.address().port}`, stop: () => new Promise((done) => (proxy.closeAllConnections(), proxy.close(done))) };
}

/**
 * A server with the page and a browser for the tests of one file: started before the first of them, ended after the
 * last. `fill` puts data in and is given the server; the fields are there once tests run.
 */
export function stand(fill) {
  const here = { server: null, front: null, browser: null };
  before(async () => {
    here.server = await startServer();
    await fill(here.server);
    here.front = await withPage(here.server.url);
    here.browser = await launch();
  });
  after(async () => {
    await here.browser?.close();
    await here.front?.stop();
    await here.server?.stop();
  });
  return here;
}

/** Opens a view, runs the steps, and demands that nothing went wrong and nothing left the server. */
export async function visit({ browser, front }, query, steps, options = {}) {
  const tab = await openTab(browser, options);
  try {
    await tab.page.goto(front.url + '/' + query);
    await steps(tab.page, tab);
    assert.deepEqual(tab.troubles, []);
    assert.deepEqual(tab.requests.filter((url) => !url.startsWith(front.url) && !/^(blob|data):/.test(url)), []);
  } finally {
    await tab.context.close();
  }
}

/** What axe-core finds on the page as it is now; the tab must have been opened with bypassCSP. */
export async function violations(page) {
  await page.evaluate(axeSource);
  const found = await page.evaluate(() => axe.run());
  return found.violations.map((each) => `${each.id}: ${each.nodes.slice(0, 3).map((node) => node.html.slice(0, 120) + ' ' + (node.any[0]?.message ?? '')).join(' | ')}`);
}
