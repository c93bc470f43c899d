// The builds of a service that ran, joined to what was measured of them: profiles and records name a binary by
// the same build id.

import { fetchBuilds, type Build } from '../data/anneal';
import { timeOf, type PgoRecord } from '../data/pgo';
import { useQuery } from '../data/query';
import { change } from '../data/view_store';
import { beforeAndAfter, knownBuilds, nameOfBuild, pgoName, type KnownBuild } from '../profile/builds';
import { visible } from '../profile/names';
import { cpuType, unitOf } from '../profile/profile_type';
import type { Filter } from '../profile/selector';
import type { Selection } from '../profile/state';
import { formatCount, formatShare, formatTime, formatValue } from '../profile/units';
import { ErrorNote, Waiting } from './notes';

const dayMs = 86400e3;
/** Of older records the builds are hardly of interest, and the profiles mostly gone. */
const newestRecords = 20;

interface Props {
  service: string;
  records: readonly PgoRecord[];
  current: PgoRecord;
}

export function SeenBuilds({ service, records, current }: Props) {
  const type = current.artefact?.profile_type || cpuType;
  const oldest = Math.min(...records.slice(0, newestRecords).map(timeOf));
  const key = `seen builds ${JSON.stringify([service, type, oldest])}`;
  const builds = useQuery(key, (signal) => {
    const whole: Selection = { service, filters: [], from: String(Math.max(1, Math.round(oldest - 30 * dayMs))), until: 'now' };
    return fetchBuilds({ type, now: whole, base: null, nodes: 1, nowMs: Date.now() }, signal);
  });
  const known = knownBuilds(builds.data ?? [], records);
  const pair = beforeAndAfter(known);
  const compare = ({ before, after }: { before: KnownBuild; after: KnownBuild }) =>
    change({ page: 'compare', type, base: selectionOf(service, before), now: selectionOf(service, after), zoom: '', changes: [] });
  return (
    <section class="card" aria-label="Builds over time">
      <div class="row">
        <h2>Builds over time</h2>
        {pair && (
          <button type="button" class="primary" onClick={() => compare(pair)}>
            Before PGO / after PGO
          </button>
        )}
      </div>
      {builds.loading && <Waiting what="Looking for builds in the profiles…" onCancel={builds.cancel} />}
      {builds.error && <ErrorNote error={builds.error} onRetry={builds.retry} />}
      {builds.data && known.length === 0 && <p>No profiles of this service since 30 days before these records: what ran is not known.</p>}
      {known.length > 0 && <Table builds={known} unit={unitOf(type)} />}
    </section>
  );
}

function Table({ builds, unit }: { builds: readonly KnownBuild[]; unit: string }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Table of builds">
      <table>
        <thead>
          <tr>
            <th scope="col">Build</th>
            <th scope="col">PGO</th>
            <th scope="col">Seen</th>
            <th scope="col" class="number">CPU</th>
            <th scope="col" class="number">CPU of a profile</th>
            <th scope="col">Measured</th>
          </tr>
        </thead>
        <tbody>
          {[...builds].reverse().map((build, i) => (
            <tr key={i}>
              <td>
                <bdi class="mono">{visible(nameOfBuild(build, 'pgo') || 'no labels, no build id')}</bdi>
              </td>
              <td title={visible(build.pgo ?? '')}>{build.pgo === null ? 'not known' : pgoName(build.pgo)}</td>
              <td class="nowrap">
                {formatTime(build.first)} – {formatTime(build.last)}
              </td>
              <td class="number">{formatValue(build.total, unit)}</td>
              <td class="number">{build.profiles ? `${formatValue(build.total / build.profiles, unit)} × ${formatCount(build.profiles)}` : ''}</td>
              <td>
                <Measured build={build} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Measured({ build: { measured } }: { build: KnownBuild }) {
  if (!measured) return <>–</>;
  const { record, arm } = measured;
  const ratio = record.verdict?.candidate?.ratio;
  const text = arm === 'baseline' ? 'as baseline' : ratio === undefined ? 'as candidate' : `${formatShare(ratio)} of the baseline’s CPU`;
  return (
    <>
      {text}{' '}
      <button type="button" class="small" onClick={() => change({ record: record.id })}>
        {formatTime(timeOf(record))}
      </button>
    </>
  );
}

/** The profiles of a build: those with its labels while it ran. */
export function selectionOf(service: string, build: Build): Selection {
  return {
    service,
    filters: Object.entries(build.labels).map(([name, value]): Filter => ({ name, op: '=', value })),
    from: String(Math.floor(build.first)),
    until: String(Math.ceil(build.last) + 1),
  };
}
