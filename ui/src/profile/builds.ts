// Which builds of a service ran, which of them was made with a profile, what was measured of each, and which
// pair shows what the profile did.

import type { Build } from '../data/anneal';
import type { PgoRecord } from '../data/pgo';
import { visible } from './names';

/** A build that ran, with what the published records know of it. */
export interface KnownBuild extends Build {
  /** What -pgo was, as the labels or else a record say; null when nobody does. */
  pgo: string | null;
  /** The newest record that measured this build, and as which of its two. */
  measured: { record: PgoRecord; arm: 'baseline' | 'candidate' } | null;
}

const arms = ['candidate', 'baseline'] as const;

/** Records are newest first. They and the profiles name a binary by the same build id. */
export function knownBuilds(builds: readonly Build[], records: readonly PgoRecord[]): KnownBuild[] {
  return builds.map((build) => {
    const ids = new Set([...(build.buildIds ?? []), build.labels['build_id']].filter(Boolean));
    // Of several binaries at once none is the one that was measured.
    const found = ids.size !== 1 ? [] : records.flatMap((record) => arms.filter((arm) => ids.has(record.builds?.[arm]?.build_id ?? '')).map((arm) => ({ record, arm })));
    const told = found.map(({ record, arm }) => record.builds?.[arm]?.pgo).find(Boolean);
    return { ...build, pgo: labelOf(build.labels) ?? told ?? null, measured: found[0] ?? null };
  });
}

/** Its labels, but for the one that has a column of its own, and its build ids, shortened; '' when there are none. */
export function nameOfBuild({ labels, buildIds }: Build, besides?: string): string {
  const told = Object.entries(labels)
    .filter(([name]) => name !== besides)
    .map(([name, value]) => `${name}=${value}`);
  return [...told, ...(buildIds ?? []).map((id) => id.slice(0, 12))].join(' ');
}

/** What -pgo was, for tables: of a path its last part. */
export function pgoName(pgo: string | undefined): string {
  return visible(pgo?.split('/').pop() || 'off');
}

function labelOf(labels: Record<string, string>): string | null {
  const name = Object.keys(labels).find((each) => /(^|[._-])pgo$/i.test(each));
  return name === undefined ? null : labels[name];
}

/** true with PGO, false without, null when it is not known. */
export function hasPgo({ pgo }: { pgo: string | null }): boolean | null {
  return pgo === null ? null : !/^(|off|none|no|false|0)$/i.test(pgo);
}

/** The newest build with PGO, and the newest without that was seen before it, or else any without. */
export function beforeAndAfter(builds: readonly KnownBuild[]): { before: KnownBuild; after: KnownBuild } | null {
  const newest = (list: KnownBuild[]) => list.sort((a, b) => b.last - a.last)[0];
  const after = newest(builds.filter((build) => hasPgo(build) === true));
  if (!after) return null;
  const without = builds.filter((build) => hasPgo(build) === false);
  const before = newest(without.filter((build) => build.first <= after.first)) ?? newest(without);
  return before ? { before, after } : null;
}
