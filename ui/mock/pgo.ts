// What the PGO calls answer in development.

const day = 86400e3;

function record(i: number): unknown {
  const ratio = [0.951, 0.948, 0.997, 1.012][i];
  return {
    id: String(4 - i),
    time_unix_ns: (Date.now() - i * 3 * day) * 1e6,
    toolchain: 'go1.26.8',
    kept: i < 2,
    reason: i < 2 ? 'less CPU' : 'no gain',
    commands: { loop: 'anneal loop --publish http://127.0.0.1:4040', build: 'go build -pgo=default.pgo .' },
    artefact: { sha256: 'ab'.repeat(32), bytes: 81234, samples: 1_204_331, grade: 'good', edges: 5120, hot_edges: 212, window: { from: Date.now() - (i * 3 + 1) * day, until: Date.now() - i * 3 * day }, selector: '{service_name="cart"}' },
    verdict: {
      outcome: i < 2 ? 'gain' : i === 2 ? 'no-difference' : 'regression',
      sentence: 'The candidate uses 4.9 % less CPU per request than the baseline (95 % interval 4.1 % to 5.6 % less).',
      candidate: { ratio, low: ratio - 0.008, high: ratio + 0.007 },
      control: { ratio: 1.001, low: 0.993, high: 1.008 },
      floor: 0.009,
      mde: 0.012,
      blocks: 120,
    },
    builds: { baseline: { sha256: 'cd'.repeat(32), pgo: 'off' }, candidate: { sha256: `${i}f`.repeat(32), pgo: 'default.pgo' } },
    measures: { coverage: '96.1 %' },
  };
}

export function pgoAnswer(url: URL): unknown {
  const path = decodeURIComponent(url.pathname.replace('/anneal/v1/', ''));
  if (path === 'services') return { services: [{ service: 'cart', records: 4, newest: Date.now(), outcome: 'gain' }] };
  if (path.endsWith('/records')) return { records: [0, 1, 2, 3].map(record) };
  if (/\/records\/\d+$/.test(path)) return { ...(record(4 - Number(path.split('/').at(-1))) as object) };
  if (path.endsWith('/edges')) {
    return {
      edges: Array.from({ length: 40 }, (_, i) => ({
        caller: `shop.(*Cart).Total${i}`,
        callee: `shop.price${i}`,
        line: 40 + i,
        offset: i,
        share: 0.2 / (i + 1),
        outcome: ['inlined', 'devirtualised', 'refused'][i % 3],
        why: i % 3 === 2 ? 'the caller is big' : '',
      })),
    };
  }
  if (path.endsWith('/decisions')) {
    const decision = (i: number) => ({ kind: 'inlined', caller: `shop.f${i}`, callee: 'shop.price', position: `./cart.go:${i}:4` });
    return { gained: [decision(1), decision(2)], lost: [decision(3)], kept: 41 };
  }
  return null;
}
