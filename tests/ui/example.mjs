// The program of examples/markdown, run for a moment with its Pyroscope SDK pushing to a server: what real
// profiles hold that made ones do not (labels of the SDK, several types, a mapping with a build id).

import { execFileSync, spawn } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { binary as anneal, listening, root } from './server.mjs';

const source = join(root, 'examples/markdown');

/** Builds the example into the folder, without a profile, and gives its path. */
export function buildExample(folder) {
  const binary = join(folder, 'markdown');
  execFileSync('go', ['build', '-pgo=off', '-o', binary, '.'], { cwd: source, stdio: 'pipe' });
  return binary;
}

/** Seconds of CPU that a process has used, of proc(5). */
function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/**
 * Renders one of the inputs until the program has used so much CPU, which is what its profiles sample; returns
 * when all of them were pushed.
 */
export async function runExample(binary, serverUrl, { input, service = 'markdown', cpu }) {
  const flags = ['-listen', '127.0.0.1:0', '-pyroscope', serverUrl, '-service', service, '-upload', '1s'];
  const child = spawn(binary, flags, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise((done) => child.once('exit', done));
  try {
    const url = await listening(child);
    const body = readFileSync(join(source, 'inputs', input));
    const render = async () => {
      while (cpuSeconds(child.pid) < cpu) {
        const answer = await fetch(`${url}/render`, { method: 'POST', body });
        if (!(await answer.text()).startsWith('<')) throw new Error(`the example answered ${answer.status}`);
      }
    };
    await Promise.all([render(), render(), render(), render()]);
  } finally {
    child.kill('SIGTERM'); // pushes what is left
    await ended;
  }
}

/** Once around the loop with the example, as short as it may be, published to the server; gives what was said. */
export async function loopExample(folder, serverUrl) {
  const copy = join(folder, 'loop');
  cpSync(source, copy, { recursive: true, filter: (path) => !/\.anneal$|default\.pgo|markdown\/(markdown|main)$/.test(path) });
  const config = join(copy, 'anneal.yaml');
  const short = { warm_up: '0s', rounds: '1', round: '3s', time: '3s' };
  const text = readFileSync(config, 'utf8')
    .replace(/^( +)(warm_up|rounds|round|time): .*$/gm, (_, space, key) => `${space}${key}: ${short[key]}`)
    // Without a warm-up the SDK's first profile begins before the window, and its last may be lost when the program
    // ends: there must be others between.
    .replace('-upload 2s', '-upload 1s');
  writeFileSync(config, text);
  return run(['loop', '--config', config, '--publish', serverUrl]);
}

/** A verdict is whatever the moment gives: each has its status. */
async function run(flags) {
  const child = spawn(anneal, flags, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk) => (said += chunk));
  const status = await new Promise((done) => child.once('exit', done));
  if (![0, 1, 3, 4].includes(status)) throw new Error(`anneal ${flags[0]} ended with ${status}: ${said}`);
  return said;
}

/** Measures the binary against itself for a moment and publishes what came out, whatever it is. */
export async function verifyExample(markdown, serverUrl, service) {
  const command = `${markdown} -stdin -inputs ${join(source, 'inputs')}`;
  const flags = ['verify', '--mode', 'stdin', '--rounds', '6', '--baseline', command, '--candidate', command, '--publish', serverUrl, '--service', service];
  await run(flags);
}
