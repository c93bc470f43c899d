// Generated profiles for development and measurements: deterministic, of any size, every kind of frame.

function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const packages: [string, number][] = [
  ['net/http.(*conn)', 1],
  ['encoding/json', 1],
  ['github.com/acme/shop/cart.(*Cart)', 1],
  ['github.com/acme/shop/price', 1],
  ['runtime', 1],
  ['compress/flate.(*compressor)', 1],
  ['libc.so.6', 2],
  ['zstd::Encoder', 2],
  ['kernel', 3],
  ['app.views', 4],
];
const verbs = ['serve', 'Marshal', 'decode', 'mallocgc', 'scanobject', 'Add', 'lookup', 'memmove', 'copy_to_user', 'render', 'Map[go.shape.string]', 'func1'];

export interface Options {
  nodes: number;
  seed: number;
  base: boolean;
  hostile?: boolean;
}

export function generateTree({ nodes, seed, base, hostile }: Options): unknown {
  const next = random(seed);
  const strings = [''];
  const frames = { name: [] as number[], file: [] as number[], line: [] as number[], kind: [] as number[], module: [] as number[] };
  const add = (name: string, kind: number, file: string) => {
    strings.push(name, file);
    frames.name.push(strings.length - 2);
    frames.file.push(strings.length - 1);
    frames.line.push(10 + frames.name.length);
    frames.kind.push(kind);
    frames.module.push(0);
  };
  const functions = Math.max(30, Math.min(20000, Math.round(nodes / 8)));
  for (let i = 0; i < functions; i++) {
    const [name, kind] = packages[Math.floor(next() * packages.length)];
    const verb = verbs[Math.floor(next() * verbs.length)];
    add(kind === 1 ? `${name}.${verb}${i}` : kind === 2 ? `${name}::${verb}${i}` : `${verb}${i}`, kind, `/src/${name.replace(/\W+/g, '/')}/file${i % 7}.go`);
  }
  if (hostile) {
    add('<script>window.hacked=1</script>', 1, '"><img src=x onerror=window.hacked=1>');
    add('safe\u202Eevil\u2066.gnp', 1, 'x');
  }
  const parent = [-1];
  const frame = [-1];
  const depth = [0];
  const inlined = [0];
  for (let i = 1; i < nodes; i++) {
    const at = i < 40 ? i - 1 : Math.floor(next() ** 0.7 * i);
    parent.push(depth[at] < 60 ? at : 0);
    frame.push(hostile && i < 3 ? functions + i - 1 : Math.floor(next() ** 2 * functions));
    depth.push(depth[parent[i]] + 1);
    inlined.push(next() < 0.2 ? 1 : 0);
  }
  const values = () => parent.map((_, i) => (i > 0 && next() < 0.6 ? Math.ceil(next() ** 4 * 400) * 1e7 : 0));
  const sum = (self: number[]) => {
    const total = [...self];
    for (let i = total.length - 1; i > 0; i--) total[parent[i]] += total[i];
    return total;
  };
  const self = values();
  const baseSelf = base ? self.map((value) => (next() < 0.2 ? Math.round(value * next() * 2) : value)) : [];
  return {
    schema: 1,
    sampleType: 'cpu',
    unit: 'nanoseconds',
    period: 1e7,
    profiles: 12,
    total: sum(self)[0],
    strings,
    frames,
    nodes: { parent, frame, self, total: sum(self), inlined, ...(base ? { baseSelf, baseTotal: sum(baseSelf) } : {}) },
    foldedNodes: 0,
  };
}
