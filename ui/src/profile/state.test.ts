import { describe, expect, it } from 'vitest';
import { beforeAndAfter, hasPgo, knownBuilds } from './builds';
import { display, packageOf, short, visible } from './names';
import { readFilters, withFilter, writeFilters, writeSelector } from './selector';
import { defaultView, frozen, readView, writeView, type View } from './state';
import { buckets, freeze, readTime, resolve } from './time';
import { formatAge, formatChange, formatPoints, formatShare, formatValue } from './units';

const nowMs = 1_795_442_400_000;

describe('view state', () => {
  const full: View = {
    page: 'compare',
    type: 'process_cpu:cpu:nanoseconds:cpu:nanoseconds',
    now: { service: 'ünï "quoted"', filters: [{ name: 'a.b', op: '!~', value: 'x"\\\n{}' }], from: '1', until: 'now' },
    base: { service: 'b', filters: [{ name: 'region', op: '=', value: 'eu,us' }], from: 'now-1d', until: 'now-1h' },
    panel: 'sandwich',
    shape: 'flame',
    zoom: 'deadbeef',
    search: '/a&b=c#/',
    changes: [{ kind: 'focus', name: 'a:b;c' }, { kind: 'recursion' }, { kind: 'ignore', name: 'main.(*T).f' }],
    fn: 'f[go.shape.int]',
    scale: 'absolute',
    group: 'region',
    nodes: 1000,
    opened: ['1a', 'deadbeef'],
    record: '7',
    against: '6',
  };
  it('round-trips every field', () => {
    expect(readView(writeView(full))).toEqual({ view: full, complaint: '' });
    expect(readView(writeView(defaultView))).toEqual({ view: defaultView, complaint: '' });
    expect(writeView(defaultView)).toBe('v=1');
    expect(readView('').view).toEqual(defaultView);
  });
  it('refuses another version and says so', () => {
    const read = readView('v=2&search=x');
    expect(read.view).toEqual(defaultView);
    expect(read.complaint).toContain('version 2');
  });
  const strange = ['v=1&page=nowhere', 'v=1&do=explode:x', 'v=1&where=a=b', 'v=1&scale=log'];
  it.each(strange)('keeps the default and complains: %s', (text) => {
    const read = readView(text);
    expect(read.view).toEqual(defaultView);
    expect(read.complaint).not.toBe('');
  });
  it.each(['-1', '1e9', 'x', '', '99999999999'])('keeps to sensible numbers of nodes: %s', (nodes) => {
    expect(readView(`v=1&nodes=${nodes}`).view.nodes).toBe(defaultView.nodes);
  });
  it('freezes relative time in links', () => {
    const link = frozen(full, nowMs);
    expect(link.now).toMatchObject({ from: '1', until: String(nowMs) });
    expect(link.base).toMatchObject({ from: String(nowMs - 86400e3), until: String(nowMs - 3600e3) });
  });
});

describe('selectors', () => {
  it('round-trip hostile values', () => {
    const filters = [
      { name: 'a', op: '=' as const, value: '"}, b="' },
      { name: 'x y', op: '=~' as const, value: 'back\\slash\nline' },
    ];
    expect(readFilters(writeFilters(filters))).toEqual(filters);
    expect(writeSelector('s', [])).toBe('{service_name="s"}');
  });
  it.each(['a', 'a=b', 'a="b', '="b"', 'a="b" c="d"'])('refuse %s', (text) => expect(readFilters(text)).toBeNull());
  it('take braces and spaces', () => {
    expect(readFilters('{ a = "b" , c!="d" }')).toEqual([
      { name: 'a', op: '=', value: 'b' },
      { name: 'c', op: '!=', value: 'd' },
    ]);
    expect(readFilters('')).toEqual([]);
  });
  it('replace the equality on a label', () => {
    const one = withFilter([], 'a', '1');
    expect(withFilter(one, 'a', '2')).toEqual([{ name: 'a', op: '=', value: '2' }]);
    expect(withFilter(one, 'a', null)).toEqual([]);
  });
});

describe('time', () => {
  it('reads what people and links write', () => {
    expect(readTime('now', nowMs)).toBe(nowMs);
    expect(readTime('now-90m', nowMs)).toBe(nowMs - 5400e3);
    expect(readTime('12345', nowMs)).toBe(12345);
    expect(readTime('2026-11-23 14:00', nowMs)).toBe(new Date(2026, 10, 23, 14, 0).getTime());
    for (const wrong of ['', 'yesterday', 'now-1', 'now+1h', '-5']) expect(readTime(wrong, nowMs)).toBeNull();
  });
  it('puts a range the right way round', () => {
    expect(resolve({ from: 'now', until: 'now-1h' }, nowMs)).toEqual({ fromMs: nowMs - 3600e3, untilMs: nowMs });
    expect(freeze({ from: 'now-1h', until: 'now' }, nowMs).until).toBe(String(nowMs));
  });
  it('makes buckets of whole steps that cover the span', () => {
    for (const length of [1, 1000, 61e3, 3600e3, 40 * 86400e3]) {
      const { startMs, endMs, stepMs } = buckets({ fromMs: nowMs - length, untilMs: nowMs }, 100);
      expect(startMs).toBeLessThanOrEqual(nowMs - length);
      expect(endMs).toBeGreaterThanOrEqual(nowMs);
      expect((endMs - startMs) % stepMs).toBe(0);
    }
  });
});

describe('numbers', () => {
  const values: [number, string, string][] = [
    [0, 'nanoseconds', '0 s'],
    [1.5e9, 'nanoseconds', '1.50 s'],
    [9e13, 'nanoseconds', '25 h'],
    [12_345, 'nanoseconds', '12.3 µs'],
    [1536, 'bytes', '1.50 KiB'],
    [5e6, 'count', '5 M'],
    [12, 'objects', '12 objects'],
    [NaN, 'bytes', '–'],
  ];
  it.each(values)('%s %s is %s', (value, unit, text) => expect(formatValue(value, unit)).toBe(text));
  it('has a sign with every change', () => {
    expect(formatChange(-1e9, 'nanoseconds')).toBe('−1 s');
    expect(formatPoints(0.0123)).toBe('+1.23 %');
    expect(formatPoints(0)).toBe('±0.00 %');
    expect(formatShare(0.00001)).toBe('<0.01 %');
    expect(formatAge(nowMs - 2 * 86400e3, nowMs)).toBe('2 days ago');
  });
});

describe('names', () => {
  it('cannot reorder or hide text', () => {
    expect(visible('safe\u202Egnp.exe')).toBe('safe⟨U+202E⟩gnp.exe');
    expect(visible('a\u0000b\u200bc')).toBe('a⟨U+0000⟩b⟨U+200B⟩c');
    expect(visible('héllo, 世界')).toBe('héllo, 世界');
  });
  it('are shortened for the eye alone', () => {
    expect(display('slices.SortFunc[go.shape.[]int,go.shape.int]')).toBe('slices.SortFunc[…]');
    expect(short('github.com/acme/shop.(*Cart).Add')).toBe('shop.(*Cart).Add');
    expect(short('std::map<a/b>')).toBe('std::map<a/b>');
    expect(short('<script>x</script>')).toBe('<script>x</script>');
    expect(packageOf('github.com/acme/shop.(*Cart).Add', '', '')).toBe('github.com/acme/shop');
    expect(packageOf('zstd::Encoder::run', '', 'libz')).toBe('zstd');
    expect(packageOf('memmove', '', 'libc')).toBe('libc');
  });
});

describe('builds', () => {
  const build = (pgo: string | null, first: number, last: number) => ({
    labels: { version: String(first), ...(pgo === null ? {} : { pgo }) } as Record<string, string>,
    first,
    last,
    total: 1,
  });
  it('find the pair around the turn to PGO', () => {
    const pair = beforeAndAfter(knownBuilds([build('off', 1, 5), build('off', 2, 8), build('default.pgo', 6, 20), build(null, 3, 9), build('off', 15, 30)], []));
    expect(pair?.before.first).toBe(2);
    expect(pair?.after.first).toBe(6);
    expect(beforeAndAfter(knownBuilds([build(null, 1, 2), build('on', 3, 4)], []))).toBeNull();
  });
  it('are told apart by the records where labels say nothing', () => {
    const ran = (id: string, first: number) => ({ labels: {}, buildIds: id.split(' '), first, last: first + 1, total: 1 });
    const record = (id: string, off: string, on: string) => ({ id, time_unix_ns: 1, builds: { baseline: { build_id: off, pgo: 'off' }, candidate: { build_id: on, pgo: 'turn1.pgo' } } });
    const known = knownBuilds([ran('aa', 1), ran('bb', 3), ran('aa bb', 5), ran('cc', 7)], [record('2', 'aa', 'bb'), record('1', 'xx', 'aa')]);
    expect(known.map((each) => each.pgo)).toEqual(['off', 'turn1.pgo', null, null]);
    expect(known.map((each) => each.measured && `${each.measured.record.id} ${each.measured.arm}`)).toEqual(['2 baseline', '2 candidate', null, null]);
    expect(beforeAndAfter(known)?.before.first).toBe(1);
    expect(beforeAndAfter(known)?.after.first).toBe(3);
  });
  it.each([['off', false], ['', false], ['/src/default.pgo', true]] as const)('read the setting %s', (value, wanted) => {
    expect(hasPgo(knownBuilds([{ labels: { 'build.pgo': value }, first: 1, last: 2, total: 3 }], [])[0])).toBe(wanted);
  });
});
