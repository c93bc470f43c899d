import { describe, expect, it } from 'vitest';
import { graft, partAt } from './graft';
import { applyChanges, sourcesOf } from './transform';
import { isFolded, pathHashes, readTree, type TreeAnswer } from './tree';

/** Rows of [parent, name, self, total]; "other" is folded. */
function make(rows: [number, string, number, number][], foldedNodes = 0): ReturnType<typeof readTree> {
  const names = [...new Set(rows.slice(1).map((row) => row[1]))];
  const answer: TreeAnswer = {
    schema: 1,
    sampleType: 'cpu',
    unit: 'nanoseconds',
    total: rows[0][3],
    strings: ['', ...names],
    frames: { name: names.map((_, i) => i + 1), file: names.map(() => 0), line: names.map(() => 1), kind: names.map((name) => (name === 'other' ? 5 : 1)), module: names.map(() => 0) },
    nodes: { parent: rows.map((row) => row[0]), frame: rows.map((row) => names.indexOf(row[1])), self: rows.map((row) => row[2]), total: rows.map((row) => row[3]) },
    foldedNodes,
  };
  return readTree(answer);
}

const show = (tree: ReturnType<typeof make>) =>
  Array.from({ length: tree.size }, (_, node) => `${tree.parent[node]} ${node === 0 ? '' : tree.frames.name[tree.frame[node]]} ${tree.self[node]} ${tree.total[node]}`);
const hashOf = (tree: ReturnType<typeof make>, node: number) => pathHashes(tree)[node].toString(16);

describe('opening "other"', () => {
  const tree = make([[-1, '', 0, 14], [0, 'main', 1, 11], [1, 'big', 4, 4], [1, 'other', 6, 6], [0, 'idle', 3, 3]], 3);
  const main = hashOf(tree, 1);
  const part = make([[-1, '', 0, 6], [0, 'main', 0, 6], [1, 'work', 1, 4], [2, 'leaf', 3, 3], [1, 'log', 2, 2]]);
  it('asks for what is not shown, and puts it in the place of the folded one', () => {
    expect(partAt(tree, main)).toEqual({ path: ['main'], skip: 1 });
    const opened = graft(tree, part, main);
    expect(show(opened)).toEqual(['-1  0 14', '0 main 1 11', '1 big 4 4', '0 idle 3 3', '1 work 1 4', '4 leaf 3 3', '1 log 2 2']);
    expect(opened.foldedNodes).toBe(0);
    expect(partAt(opened, main)).toBeNull();
  });
  it('opens again what is still folded, below the same node or a new one', () => {
    const some = make([[-1, '', 0, 6], [0, 'main', 0, 6], [1, 'work', 1, 4], [2, 'other', 3, 3], [1, 'other', 2, 2]], 2);
    const opened = graft(tree, some, main);
    expect(opened.foldedNodes).toBe(2);
    expect(partAt(opened, main)).toEqual({ path: ['main'], skip: 2 });
    expect(partAt(opened, hashOf(opened, 4))).toEqual({ path: ['main', 'work'], skip: 0 });
    const more = make([[-1, '', 0, 2], [0, 'main', 0, 2], [1, 'log', 2, 2]]);
    expect(show(graft(opened, more, main))).toEqual(['-1  0 14', '0 main 1 11', '1 big 4 4', '0 idle 3 3', '1 work 1 4', '4 other 3 3', '1 log 2 2']);
  });
  it('opens at the root', () => {
    const folded = make([[-1, '', 0, 9], [0, 'main', 5, 5], [0, 'other', 4, 4]], 2);
    expect(partAt(folded, hashOf(folded, 0))).toEqual({ path: [], skip: 1 });
    expect(show(graft(folded, make([[-1, '', 0, 4], [0, 'a', 3, 3], [0, 'b', 1, 1]]), hashOf(folded, 0)))).toEqual(['-1  0 9', '0 main 5 5', '0 a 3 3', '0 b 1 1']);
  });
  it('keeps as "other" what the answer lacks, so that totals stay', () => {
    const less = make([[-1, '', 0, 4], [0, 'main', 0, 4], [1, 'work', 4, 4]]);
    expect(show(graft(tree, less, main))).toEqual(['-1  0 14', '0 main 1 11', '1 big 4 4', '1 other 2 2', '0 idle 3 3', '1 work 4 4']);
  });
  it('leaves the tree alone where the path is not there', () => {
    expect(partAt(tree, 'abcdef')).toBeNull();
    expect(partAt(tree, hashOf(tree, 4))).toBeNull();
    expect(graft(tree, part, 'abcdef')).toBe(tree);
    expect(graft(tree, make([[-1, '', 0, 0]]), main)).toBe(tree);
  });
  it('finds what a change put together', () => {
    const twice = make([[-1, '', 0, 6], [0, 'f', 1, 6], [1, 'other', 2, 2], [1, 'f', 1, 3], [3, 'other', 2, 2]], 4);
    const changes = [{ kind: 'recursion' }] as const;
    const changed = applyChanges(twice, changes);
    const other = [...changed.frame.keys()].find((node) => isFolded(changed, node))!;
    expect(sourcesOf(twice, changes, other)).toEqual([2, 4]);
  });
});
