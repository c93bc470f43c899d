// Which of the builds of a service was made with a profile, and which pair shows what that did.

import type { Build } from '../data/anneal';

/** true with PGO, false without, null when the build's labels do not say. */
export function hasPgo(labels: Record<string, string>): boolean | null {
  const name = Object.keys(labels).find((each) => /(^|[._-])pgo$/i.test(each));
  if (name === undefined) return null;
  return !/^(|off|none|no|false|0)$/i.test(labels[name]);
}

/** The newest build with PGO, and the newest without that was seen before it, or else any without. */
export function beforeAndAfter(builds: readonly Build[]): { before: Build; after: Build } | null {
  const newest = (list: Build[]) => list.sort((a, b) => b.last - a.last)[0];
  const after = newest(builds.filter((build) => hasPgo(build.labels) === true));
  if (!after) return null;
  const without = builds.filter((build) => hasPgo(build.labels) === false);
  const before = newest(without.filter((build) => build.first <= after.first)) ?? newest(without);
  return before ? { before, after } : null;
}
