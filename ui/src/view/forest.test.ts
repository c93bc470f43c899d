import { expect, test } from 'vitest';
import { ticks } from './ForestPlot';

test.each([
  [0.0216, [-2, -1, 0, 1, 2]],
  [0.0626, [-5, 0, 5]],
  [0.3, [-20, 0, 20]],
  [1.2, [-50, 0, 50, 100, 150, 200]],
])('ticks of a plot that reaches %f', (reach, expected) => {
  expect(ticks(reach)).toEqual(expected);
});

test.each([0.5, 0.9, 1.05, 1.5, 3, 7])('ticks stand within the plot and are few, at %f', (reach) => {
  const all = ticks(reach);
  expect(all).toContain(0);
  expect(all.length).toBeLessThanOrEqual(8);
  for (const percent of all) expect(Math.abs(Math.log(1 + percent / 100))).toBeLessThan(reach);
});
