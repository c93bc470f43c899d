import { describe, expect, it } from 'vitest';
import { graft, namesTo } from './graft';
import { pathHashes, readTree, type TreeAnswer } from './tree';

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
  const tree = make([[-1, '', 0, 10], [0, 'main', 1, 7], [1, 'other', 6, 6], [0, 'idle', 3, 3]], 2);
  const part = make([[-1, '', 0, 7], [0, 'main', 1, 7], [1, 'work', 1, 4], [2, 'leaf', 3, 3], [1, 'log', 2, 2]]);
  it('puts the whole part in the place of the folded one', () => {
    const hash = hashOf(tree, 1);
    expect(namesTo(tree, hash)).toEqual(['main']);
    const opened = graft(tree, part, hash);
    expect(show(opened)).toEqual(['-1  0 10', '0 main 1 7', '1 work 1 4', '2 leaf 3 3', '1 log 2 2', '0 idle 3 3']);
    expect(opened.foldedNodes).toBe(0);
    expect(pathHashes(opened)[3]).toBe(pathHashes(part)[3]);
  });
  it('leaves the tree alone where the path is not there', () => {
    expect(namesTo(tree, 'abcdef')).toBeNull();
    expect(namesTo(tree, hashOf(tree, 2))).toBeNull();
    expect(graft(tree, part, 'abcdef')).toBe(tree);
    expect(graft(tree, make([[-1, '', 0, 0]]), hashOf(tree, 1))).toBe(tree);
  });
});
