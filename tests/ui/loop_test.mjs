// The PGO page after a real turn of `anneal loop`: what was built, decided, measured and kept is there, as the
// loop published it.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { stand, visit } from './browser.mjs';
import { loopExample } from './example.mjs';

let said = '';
const here = stand(async ({ url, folder }) => {
  said = await loopExample(folder, url);
});

const outcomes = /Gain|No measurable difference|Regression|Inconclusive|Invalid measurement/;

test('a turn of the loop is on the page: artefact, decisions, verdict, builds', () =>
  visit(here, '?v=1&page=pgo', async (page) => {
    assert.match(said, /published to http/);
    const region = (name) => page.getByRole('region', { name, exact: true });
    await region('Hot edges').locator('tbody tr').nth(3).waitFor();
    const artefact = await region('Artefact').textContent();
    assert.match(artefact, /just now|minutes? ago/);
    assert.match(artefact, /Samples\d+.*Grade.*Call edges\d+.*go1\.\d+/s);
    assert.match(await region('Verdict').locator('.outcome').textContent(), outcomes);
    assert.match(await region('Verdicts').getByRole('img').getAttribute('aria-label'), /%, from .* to /);
    const record = region('Records').locator('tbody tr');
    assert.equal(await record.count(), 1);
    assert.match(await record.textContent(), /off → turn1\.pgo/);
    const kept = await (await fetch(`${here.server.url}/anneal/v1/services/markdown/records`)).json();
    assert.equal(kept.records[0].builds.candidate.pgo, 'turn1.pgo', 'a name, not a path of this machine');
    const edges = await region('Hot edges').textContent();
    assert.match(edges, /goldmark/);
    assert.match(edges, /inlined/);
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByText('Download default.pgo').click()]);
    const made = readFileSync(await file.path());
    const hash = createHash('sha256').update(made).digest('hex');
    assert.ok(artefact.includes(hash), 'what is downloaded is what the page names');
    assert.deepEqual(made, readFileSync(join(here.server.folder, 'loop/.anneal/turn1.pgo')));
    const top = execFileSync('go', ['tool', 'pprof', '-top', await file.path()], { encoding: 'utf8', env: { ...process.env, PPROF_TMPDIR: here.server.folder } });
    assert.match(top, /goldmark/);
    assert.match(artefact, /go build -pgo=default\.pgo/);
    assert.match(artefact, /anneal loop --config/);
  }));
