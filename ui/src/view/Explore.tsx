// The first page: which services there are, one of them over time, and its profile.

import { useEffect, useMemo, useState } from 'preact/hooks';
import { anyProfiles, labelNames, listServices, selectSeries } from '../data/querier';
import { useQuery } from '../data/query';
import { change } from '../data/view_store';
import type { Palette } from '../flame/colours';
import { visible } from '../profile/names';
import { defaultType, typeName, unitOf } from '../profile/profile_type';
import type { View } from '../profile/state';
import { resolve } from '../profile/time';
import { Empty } from './Empty';
import { Filters } from './Filters';
import { GroupChoice, Multiples } from './Multiples';
import { ErrorNote, Waiting } from './notes';
import { Profile } from './Profile';
import { Services } from './Services';
import { Timeline, TimelineFailed, TimelineWaiting } from './Timeline';
import { TimeRange } from './TimeRange';

interface Props {
  view: View;
  palette: Palette;
  files: boolean;
}

export function Explore({ view, palette, files }: Props) {
  const [nowMs, setNowMs] = useState(() => Date.now());
  const span = useMemo(() => resolve(view.now, nowMs), [view.now.from, view.now.until, nowMs]);
  const where = JSON.stringify(span);
  const services = useQuery(`services ${where}`, (signal) => listServices(span, signal));
  const found = services.data ?? [];
  const types = useMemo(
    () => (found.find((each) => each.service === view.now.service)?.types ?? [...new Set(found.flatMap((each) => each.types))]).sort(),
    [found, view.now.service],
  );
  const type = view.type || defaultType(types);
  const totals = useQuery(type && found.length > 0 ? `totals ${type} ${where}` : null, (signal) =>
    selectSeries({ type, service: '', filters: [], groupBy: ['service_name'], span, count: 40 }, signal),
  );
  useHeaviest(view, found.length, totals.data?.series[0]?.labels['service_name'] ?? (totals.data ? found[0]?.service : undefined));
  const refresh = () => setNowMs(Date.now());

  if (services.data && found.length === 0) return <NothingHere view={view} nowMs={nowMs} files={files} onRefresh={refresh} />;
  return (
    <div class="explore">
      {services.error && <ErrorNote error={services.error} onRetry={services.retry} />}
      <Services
        services={found}
        totals={totals.data}
        type={type}
        span={span}
        chosen={view.now.service}
        onChoose={(service) => change({ now: { ...view.now, service, filters: [] }, zoom: '', group: '' })}
      />
      <div class="content">
        <h1 class="unseen">Profiles of {visible(view.now.service)}</h1>
        <div class="row selection">
          <TypeChoice types={types} type={type} />
          <TimeRange range={view.now} nowMs={nowMs} label="Time range" onChange={(range) => change({ now: { ...view.now, ...range } })} />
          <button type="button" onClick={refresh} title="Again, with the newest profiles">
            Refresh
          </button>
          <button type="button" title="Compare this selection with the same span before it" onClick={() => change(compareWithBefore(view, nowMs))}>
            Compare with before
          </button>
        </div>
        {services.loading && !services.data && <Waiting what="Looking for services…" onCancel={services.cancel} />}
        {view.now.service && type && <Selected view={view} palette={palette} nowMs={nowMs} type={type} />}
      </div>
    </div>
  );
}

function Selected({ view, palette, nowMs, type }: { view: View; palette: Palette; nowMs: number; type: string }) {
  const span = resolve(view.now, nowMs);
  const key = JSON.stringify([type, view.now.service, view.now.filters, span]);
  const timeline = useQuery(`timeline ${key}`, (signal) =>
    selectSeries({ type, service: view.now.service, filters: view.now.filters, groupBy: [], span, count: 200 }, signal),
  );
  const names = useQuery(`label names ${key}`, (signal) => labelNames(view.now.service, [], span, signal));
  const unit = unitOf(type);
  return (
    <>
      <div class="row narrow">
        <Filters selection={view.now} type={type} unit={unit} span={span} onChange={(filters) => change({ now: { ...view.now, filters } })} />
        <GroupChoice group={view.group} names={names.data ?? []} />
      </div>
      {timeline.error && <TimelineFailed error={timeline.error} onRetry={timeline.retry} />}
      {timeline.loading && !timeline.data && <TimelineWaiting onCancel={timeline.cancel} />}
      {timeline.data && (
        <Timeline
          set={timeline.data}
          type={type}
          palette={palette}
          label={`${typeName(type)} over time`}
          onRange={(chosen) =>
            change({ now: { ...view.now, from: String(Math.round(chosen.fromMs)), until: String(Math.round(chosen.untilMs)) } })
          }
        />
      )}
      <Multiples view={view} type={type} unit={unit} span={span} />
      <Profile view={view} palette={palette} nowMs={nowMs} compare={false} type={type} />
    </>
  );
}

export function TypeChoice({ types, type }: { types: readonly string[]; type: string }) {
  const all = types.includes(type) || type === '' ? types : [type, ...types];
  return (
    <select aria-label="Profile type" value={type} onChange={(event) => change({ type: event.currentTarget.value, zoom: '' })}>
      {all.map((each) => (
        <option key={each} value={each}>
          {visible(typeName(each))}
        </option>
      ))}
    </select>
  );
}

/** Nothing chosen yet: the heaviest service is shown, without a step in the history. */
function useHeaviest(view: View, services: number, heaviest: string | undefined): void {
  useEffect(() => {
    if (!view.now.service && services > 0 && heaviest) change({ now: { ...view.now, service: heaviest } }, 'typing');
  }, [view.now.service, services, heaviest]);
}

function compareWithBefore(view: View, nowMs: number): Partial<View> {
  const { fromMs, untilMs } = resolve(view.now, nowMs);
  const before = { from: String(Math.round(2 * fromMs - untilMs)), until: String(Math.round(fromMs)) };
  return { page: 'compare', base: { ...view.now, ...before }, zoom: '' };
}

interface NothingProps {
  view: View;
  nowMs: number;
  files: boolean;
  onRefresh: () => void;
}

/** Either the server has no profile at all, or none in this window. */
function NothingHere({ view, nowMs, files, onRefresh }: NothingProps) {
  const any = useQuery(`any ${nowMs}`, anyProfiles);
  if (any.error) return <ErrorNote error={any.error} onRetry={any.retry} />;
  if (any.data === null) return <Waiting what="Looking for profiles…" />;
  if (!any.data && !files) return <Empty onFound={onRefresh} />;
  return (
    <div class="card">
      <h1>No profiles in this time range</h1>
      <p>The server has profiles, but of another time.</p>
      <div class="row">
        <TimeRange range={view.now} nowMs={nowMs} label="Time range" onChange={(range) => change({ now: { ...view.now, ...range } })} />
        <button type="button" class="primary" onClick={() => change({ now: { ...view.now, from: '0', until: 'now' } })}>
          Show everything
        </button>
        <button type="button" onClick={onRefresh}>
          Look again
        </button>
      </div>
    </div>
  );
}
