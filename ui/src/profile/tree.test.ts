import { describe, expect, it } from 'vitest';
import { writeFolded } from './folded';
import { layOut, nodeAt, panWindow, weights, windowOf, zoomWindow } from './layout';
import { treeOf } from './made_tree';
import { readPattern, search } from './search';
import { change, sortRows, topTable } from './table';
import { applyChanges, callees, callers, type Change } from './transform';
import { findByHash, pathHashes, readTree, type TreeAnswer } from './tree';

const sorted = (text: string) => text.trim().split('\n').filter(Boolean).sort();

describe('readTree', () => {
  const answer = (): TreeAnswer => ({
    schema: 1,
    sampleType: 'cpu',
    unit: 'ns',
    total: 1,
    strings: ['', 'f'],
    frames: { name: [1], file: [0], line: [0], kind: [1], module: [0] },
    nodes: { parent: [-1, 0], frame: [-1, 0], self: [0, 1], total: [1, 1] },
  });
  const broken: [string, (tree: TreeAnswer) => void, RegExp][] = [
    ['another schema', (tree) => (tree.schema = 2), /schema 1/],
    ['a short column', (tree) => tree.nodes.self.pop(), /unequal/],
    ['a child before its parent', (tree) => (tree.nodes.parent[1] = 1), /before its parent/],
    ['a frame that is not there', (tree) => (tree.nodes.frame[1] = 7), /no frame/],
  ];
  it.each(broken)('refuses %s', (_, damage, message) => {
    const tree = answer();
    damage(tree);
    expect(() => readTree(tree)).toThrow(message);
  });
});

describe('paths', () => {
  it('are found again by hash in another tree', () => {
    const first = treeOf('a;b;c 1', 'a;d 2');
    const second = treeOf('z 9', 'a;d 2', 'a;b;c 1');
    const hash = pathHashes(first)[3].toString(16);
    const node = findByHash(pathHashes(second), hash);
    expect(second.frames.name[second.frame[node]]).toBe('c');
    expect(findByHash(pathHashes(second), 'nonsense')).toBe(0);
  });
});

describe('changes', () => {
  const tree = treeOf('main;a;work 3', 'main;b;work 4', 'main;b;a;b;rest 5', 'main 1');
  const cases: [string, Change[], string[]][] = [
    ['focus keeps callers', [{ kind: 'focus', name: 'a' }], ['main;a;work 3', 'main;b;a;b;rest 5']],
    ['ignore drops stacks', [{ kind: 'ignore', name: 'a' }], ['main 1', 'main;b;work 4']],
    ['collapse makes it a leaf', [{ kind: 'collapse', name: 'b' }], ['main 1', 'main;a;work 3', 'main;b 9']],
    ['recursion returns to the topmost call', [{ kind: 'recursion' }], ['main 1', 'main;a;work 3', 'main;b;rest 5', 'main;b;work 4']],
    ['one after another', [{ kind: 'recursion' }, { kind: 'focus', name: 'work' }], ['main;a;work 3', 'main;b;work 4']],
    ['an unknown name leaves nothing', [{ kind: 'focus', name: 'nobody' }], []],
  ];
  it.each(cases)('%s', (_, changes, stacks) => {
    expect(sorted(writeFolded(applyChanges(tree, changes)))).toEqual(stacks);
  });
  it('keep the sum of parents and children', () => {
    const changed = applyChanges(tree, [{ kind: 'collapse', name: 'b' }]);
    for (let node = 0; node < changed.size; node++) {
      let sum = changed.self[node];
      for (let child = 1; child < changed.size; child++) if (changed.parent[child] === node) sum += changed.total[child];
      expect(changed.total[node]).toBe(sum);
    }
  });
});

describe('sandwich', () => {
  const tree = treeOf('main;a;work;x 3', 'main;b;work 4', 'main;work;work 2');
  it('puts callees together', () => {
    expect(sorted(writeFolded(callees(tree, 'work')))).toEqual(['work 2', 'x 3']);
  });
  it('turns callers upside down and counts recursion once', () => {
    expect(sorted(writeFolded(callers(tree, 'work')))).toEqual(['a;main 3', 'b;main 4', 'main 2']);
  });
});

describe('topTable', () => {
  const rows = topTable(treeOf('main;a;b;a 5 1', 'main;b 2 6'));
  const row = (name: string) => rows.find((each) => each.name === name)!;
  it('counts a recursive function once', () => {
    expect(row('a')).toMatchObject({ self: 5, total: 5, baseTotal: 1 });
    expect(row('b')).toMatchObject({ self: 2, total: 7, baseTotal: 7 });
    expect(row('main')).toMatchObject({ self: 0, total: 7 });
  });
  it('sorts by change, ties by name', () => {
    const byChange = sortRows(rows, 'change', true, (each) => Math.abs(change(each, 7, 7)));
    expect(byChange.map((each) => each.name)).toEqual(['a', 'b', 'main']);
  });
});

describe('layout', () => {
  const tree = treeOf('main;small 1', 'main;large 3');
  const layout = layOut(tree, weights(tree, 'share'));
  const name = (node: number) => (node < 0 ? '' : tree.frames.name[tree.frame[node]]);
  it('puts the heaviest first and finds nodes by place', () => {
    expect(name(nodeAt(layout, 0.1, 2))).toBe('large');
    expect(name(nodeAt(layout, 0.74, 2))).toBe('large');
    expect(name(nodeAt(layout, 0.76, 2))).toBe('small');
    expect(nodeAt(layout, 0.5, 3)).toBe(-1);
  });
  it('keeps what vanished visible in a difference', () => {
    const diff = treeOf('gone 0 4', 'new 4 0');
    expect([...layOut(diff, weights(diff, 'share')).width]).toEqual([1, 0.5, 0.5]);
  });
  it('zooms and pans within the whole', () => {
    const large = windowOf(layout, 3);
    expect(large).toEqual({ left: 0, right: 0.75 });
    expect(panWindow(large, -1)).toEqual(large);
    expect(panWindow(large, 1)).toEqual({ left: 0.25, right: 1 });
    expect(zoomWindow(large, 100, 0.5)).toEqual({ left: 0, right: 1 });
    expect(zoomWindow({ left: 0, right: 1 }, 0.5, 1)).toEqual({ left: 0.5, right: 1 });
  });
});

describe('search', () => {
  const tree = treeOf('main;Work;work 3', 'main;other 1');
  const layout = layOut(tree, weights(tree, 'share'));
  const run = (text: string) => {
    const pattern = readPattern(text);
    if (pattern === null || pattern instanceof Error) throw new Error('no pattern');
    return search(tree, layout, pattern);
  };
  it('is literal, without regard to case, and counts each sample once', () => {
    expect(run('work')).toMatchObject({ functions: 2, value: 3 });
    expect(run('work').count).toBe(2);
    expect([...run('work').nodes()].map((node) => layout.depth[node])).toEqual([2, 3]);
    expect(run('w.rk').functions).toBe(0);
  });
  it('takes /regex/ with regard to case', () => {
    expect(run('/w.rk/').functions).toBe(1);
    expect(run('/w.rk/i').functions).toBe(2);
    expect(run('/^(main|other)$/').value).toBe(4);
  });
  it('says what is wrong with a regular expression', () => {
    expect(readPattern('/(/')).toBeInstanceOf(Error);
    expect(readPattern('')).toBeNull();
    expect(readPattern('/')).not.toBeInstanceOf(Error);
  });
});

describe('folded stacks', () => {
  it('cannot be broken by names', () => {
    const tree = treeOf('a 1');
    tree.frames.name[0] = 'x;y\nz';
    expect(writeFolded(tree)).toBe('x_y_z 1\n');
  });
});
