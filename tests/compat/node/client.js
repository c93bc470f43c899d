// Profiles itself with Pyroscope's client until the server given as the argument has its functions.
const Pyroscope = require('@pyroscope/nodejs');

const service = 'compat.node';
const url = process.argv[2];

async function call(method, request) {
  const now = Math.floor(Date.now() / 1000);
  const answer = await fetch(`${url}/querier.v1.QuerierService/${method}`, {
    method: 'POST',
    headers: {'Content-Type': 'application/json'},
    body: JSON.stringify({start: (now - 3600) * 1000, end: (now + 60) * 1000, ...request}),
  });
  if (!answer.ok) throw new Error(`${method}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

async function labelValues(name) {
  const answer = await call('LabelValues', {name, matchers: [`{service_name="${service}"}`]});
  return answer.names ?? [];
}

function burnTheProcessor() {
  const end = Date.now() + 300;
  let sum = 0;
  while (Date.now() < end) for (let i = 0; i < 1000; i++) sum += Math.sqrt(i);
  return sum;
}

// What the server does not have yet, or nothing.
async function missing() {
  const types = await labelValues('__profile_type__');
  const cpu = types.find((type) => type.startsWith('process_cpu:cpu:nanoseconds:') || type.startsWith('wall:'));
  if (!cpu) return `profile types are ${types}`;
  if (!types.some((type) => type.startsWith('memory:'))) return `no memory among ${types}`;
  if (`${await labelValues('pyroscope_spy')}` !== 'nodespy') return 'pyroscope_spy is not nodespy';
  const selector = `{service_name="${service}",region="eu"}`;
  const graph = await call('SelectMergeStacktraces', {profileTypeID: cpu, labelSelector: selector});
  const names = graph.flamegraph?.names ?? [];
  if (!names.some((name) => name.includes('burnTheProcessor'))) return `functions are ${names}`;
  return undefined;
}

async function main() {
  Pyroscope.init({
    serverAddress: url,
    appName: service,
    tags: {region: 'eu'},
    flushIntervalMs: 1000,
    wall: {samplingDurationMs: 1000, samplingIntervalMicros: 10000, collectCpuTime: true},
    heap: {samplingIntervalBytes: 65536, stackDepth: 64},
  });
  Pyroscope.start();
  const deadline = Date.now() + 120_000;
  const kept = [];
  for (;;) {
    burnTheProcessor();
    for (let i = 0; i < 1000; i++) kept.push(new Array(100).fill(i));
    await new Promise((resolve) => setTimeout(resolve, 100));
    const wrong = await missing();
    if (!wrong) break;
    if (Date.now() > deadline) throw new Error(wrong);
  }
  await Pyroscope.stop();
  console.log('all found');
}

main().then(
  () => process.exit(0),
  (error) => {
    console.error(`client.js: ${error.message}`);
    process.exit(1);
  },
);
