// A real server on a free port with the corpus in it, for the page's tests. ANNEAL names the binary.

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

export const root = new URL('../../', import.meta.url).pathname;
export const binary = process.env.ANNEAL ?? join(root, 'build/dev/bin/anneal');

/** The window that everything is pushed into, so that what is drawn does not depend on the day. */
export const fromMs = Date.UTC(2026, 10, 20, 12, 0, 0);
export const untilMs = fromMs + 3600e3;
export const cpu = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';
export const hostileName = '<script>window.hacked=1</script>';

export async function startServer(flags = []) {
  const folder = mkdtempSync(join(tmpdir(), 'anneal-ui-'));
  const child = spawn(binary, ['serve', '--data', join(folder, 'data'), '--listen', '127.0.0.1:0', ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
  const url = await listening(child);
  const stop = () =>
    new Promise((done) => {
      child.once('exit', () => {
        rmSync(folder, { recursive: true, force: true });
        done();
      });
      child.kill('SIGTERM');
    });
  return { url, stop, folder };
}

export function listening(child) {
  return new Promise((done, fail) => {
    let text = '';
    const read = (chunk) => {
      text += chunk;
      const found = /listening on (http:\/\/[0-9.:]+)/.exec(text);
      if (found) done(found[1]);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('exit', (status) => fail(new Error(`the server ended with status ${status}: ${text}`)));
  });
}

export async function push(url, name, format, body, atMs) {
  const query = new URLSearchParams({ name, format, from: String(Math.floor(atMs / 1000) - 10), until: String(Math.floor(atMs / 1000)) });
  if (format === 'groups') query.set('sampleRate', '100');
  const answer = await fetch(`${url}/ingest?${query}`, { method: 'POST', body });
  if (!answer.ok) throw new Error(`push of ${name}: ${answer.status} ${await answer.text()}`);
}

/** A profile of the corpus as if taken at that time: a scalar given twice in a message counts as the last. */
function corpus(file, atMs) {
  const bytes = readFileSync(join(root, 'tests/corpus', `${file}.cpuprof`));
  const time = [0x48]; // time_nanos, a varint
  for (let rest = BigInt(atMs) * 1_000_000n; ; rest >>= 7n) {
    const more = rest > 127n;
    time.push(Number(rest & 127n) | (more ? 128 : 0));
    if (!more) break;
  }
  return Buffer.concat([bytes[0] === 0x1f ? gunzipSync(bytes) : bytes, Buffer.from(time)]);
}

/** Two builds of `web`, a service `codec`, and one whose every name is hostile. */
export async function fill(url) {
  const before = ['net%2Fhttp', 'encoding%2Fjson', 'compress%2Fflate', 'html%2Ftemplate', 'text%2Ftemplate'];
  const after = ['net%2Fhttp', 'encoding%2Fjson', 'compress%2Fflate', 'html%2Ftemplate', 'regexp'];
  const region = ['eu', 'us', 'eu', 'asia', 'us'];
  for (let i = 0; i < before.length; i++) {
    const [first, second] = [fromMs + (i + 1) * 300e3, fromMs + (i + 6) * 300e3];
    await push(url, `web{region=${region[i]},version=v1,pgo=off}`, 'pprof', corpus(before[i], first), first);
    await push(url, `web{region=${region[i]},version=v2,pgo=default.pgo}`, 'pprof', corpus(after[i], second), second);
  }
  await push(url, 'codec', 'pprof', corpus('image%2Fpng', fromMs + 900e3), fromMs + 900e3);
  const stacks = `main;${hostileName} 30\nmain;safe\u202Eevil\u2066.exe 20\nmain;"><img src=x onerror=window.hacked=1>;leaf 10\n`;
  await push(url, 'hostile{note="><svg/onload=window.hacked=1>}', 'groups', stacks, fromMs + 1200e3);
}

/** Two turns of the loop for `web`: one that gained, and an older one that did not. */
export async function publish(url) {
  const turn = (daysAgo, ratio, outcome, decisions) => ({
    format: 'anneal-publish',
    version: 1,
    service: 'web',
    time_unix_ns: (untilMs - daysAgo * 86400e3) * 1e6,
    tool_version: '0.1.0',
    toolchain: 'go1.26.8',
    kept: outcome === 'gain',
    reason: outcome === 'gain' ? 'the candidate uses less CPU' : 'no gain was found',
    artefact: {
      data: Buffer.from(`profile of ${daysAgo}`).toString('base64'),
      samples: 12_000,
      grade: 'usable',
      edges: 812,
      hot_edges: 61,
      profile_type: cpu,
      selector: '{service_name="web"}',
      window: { from: fromMs, until: untilMs },
    },
    builds: { baseline: { pgo: 'off', sha256: '9f64a747', bytes: 2_411_724 }, candidate: { pgo: 'default.pgo', sha256: '2c26b46b', bytes: 2_465_132 } },
    compiler: { packages: 92, inlined: 41, devirtualised: 3 },
    decisions: decisions.map((callee) => ({ kind: 'inlined', package: 'web', position: `./${callee}.go:12:9`, caller: 'main.main', callee: `main.${callee}`, cost: 91 })),
    edges: [
      { caller: 'main.main', callee: 'main.render', line: 12, offset: 3, weight: 3e7, share: 0.75, outcome: 'inlined', why: 'the call is hot; cost 91', position: './render.go:12:9' },
      { caller: 'main.render', callee: hostileName, line: 30, offset: 8, weight: 1e7, share: 0.12, outcome: 'refused', why: 'the caller is big', position: './render.go:30:9' },
    ],
    verdict: {
      format: 'anneal-verdict',
      version: 1,
      analysis: {
        outcome,
        ruling: outcome === 'gain' ? 'pass' : 'no-gain',
        sentence: outcome === 'gain' ? 'The candidate uses 5.0 % less CPU per request than the baseline.' : 'No difference was found.',
        gain: 1 - ratio,
        candidate: { ratio, low: ratio - 0.008, high: ratio + 0.007 },
        control: { ratio: 1.001, low: 0.993, high: 1.009 },
        floor: 0.009,
        mde: 0.012,
        blocks: 120,
        notes: [],
      },
    },
    commands: { build: 'go build -pgo=default.pgo -o web .', verify: 'anneal verify --baseline ./old --candidate ./new' },
  });
  for (const record of [turn(8, 0.998, 'no-difference', ['render', 'old']), turn(1, 0.95, 'gain', ['render', 'fresh'])]) {
    const answer = await fetch(`${url}/anneal/v1/publish`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(record) });
    if (!answer.ok) throw new Error(`publish: ${answer.status} ${await answer.text()}`);
  }
}
