// Small trees for tests, from folded stacks: "main;work 3" or "main;work 3 1" with the baseline's value.

import type { Tree } from './tree';
import { readTree } from './tree';

export function treeOf(...stacks: string[]): Tree {
  const names: string[] = [];
  const parent = [-1];
  const frame = [-1];
  const self = [0];
  const baseSelf = [0];
  const compared = stacks.some((stack) => stack.trim().split(' ').length > 2);
  for (const stack of stacks) {
    const [path, value, before] = stack.trim().split(' ');
    let at = 0;
    for (const name of path.split(';')) {
      if (!names.includes(name)) names.push(name);
      const id = names.indexOf(name);
      let child = parent.findIndex((up, node) => up === at && frame[node] === id);
      if (child < 0) {
        child = parent.length;
        parent.push(at);
        frame.push(id);
        self.push(0);
        baseSelf.push(0);
      }
      at = child;
    }
    self[at] += Number(value);
    baseSelf[at] += Number(before ?? 0);
  }
  const sum = (column: number[]) => {
    const total = [...column];
    for (let node = total.length - 1; node > 0; node--) total[parent[node]] += total[node];
    return total;
  };
  return readTree({
    schema: 1,
    sampleType: 'cpu',
    unit: 'nanoseconds',
    total: sum(self)[0],
    strings: ['', ...names],
    frames: {
      name: names.map((_, i) => i + 1),
      file: names.map(() => 0),
      line: names.map(() => 0),
      kind: names.map(() => 1),
      module: names.map(() => 0),
    },
    nodes: { parent, frame, self, total: sum(self), ...(compared ? { baseSelf, baseTotal: sum(baseSelf) } : {}) },
  });
}
