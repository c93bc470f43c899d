// Two selections side by side, and one graph of their difference.

import { useEffect, useMemo, useState } from 'preact/hooks';
import { fetchBuilds, type Build } from '../data/anneal';
import { listServices, selectSeries } from '../data/querier';
import { listRecords, orNone } from '../data/pgo';
import { useQuery } from '../data/query';
import { change } from '../data/view_store';
import type { Palette } from '../flame/colours';
import { beforeAndAfter, knownBuilds, nameOfBuild } from '../profile/builds';
import { display, visible } from '../profile/names';
import { defaultType, unitOf } from '../profile/profile_type';
import type { Selection, View } from '../profile/state';
import { resolve, type Span } from '../profile/time';
import { formatTime, formatValue } from '../profile/units';
import { TypeChoice } from './Explore';
import { Filters } from './Filters';
import { ErrorNote } from './notes';
import { Profile } from './Profile';
import { selectionOf } from './SeenBuilds';
import { Timeline, TimelineFailed, TimelineWaiting } from './Timeline';
import { TimeRange } from './TimeRange';

export function Compare({ view, palette }: { view: View; palette: Palette }) {
  const [nowMs, setNowMs] = useState(() => Date.now());
  const base = { ...view.base, service: view.base.service || view.now.service };
  const wide = useMemo(() => union(resolve(view.now, nowMs), resolve(base, nowMs)), [view.now, view.base, nowMs]);
  const services = useQuery(`compare services ${JSON.stringify(wide)}`, (signal) => listServices(wide, signal));
  const names = (services.data ?? []).map((each) => each.service);
  const types = [...new Set((services.data ?? []).filter((each) => !view.now.service || each.service === view.now.service).flatMap((each) => each.types))].sort();
  const type = view.type || defaultType(types);
  const only = names.length === 1 ? names[0] : '';
  useEffect(() => {
    if (!view.now.service && only) change({ now: { ...view.now, service: only } }, 'typing');
  }, [view.now.service, only]);
  return (
    <div class="compare">
      <h1 class="unseen">Compare</h1>
      <div class="row selection">
        <TypeChoice types={types} type={type} />
        <button type="button" onClick={() => change({ now: base, base: { ...view.now }, zoom: '' })}>
          Swap sides
        </button>
        <button type="button" onClick={() => setNowMs(Date.now())}>
          Refresh
        </button>
      </div>
      {services.error && <ErrorNote error={services.error} onRetry={services.retry} />}
      <Builds view={view} type={type} nowMs={nowMs} wide={wide} />
      <div class="sides">
        <Side title="Baseline" role="base" selection={base} view={view} names={names} type={type} nowMs={nowMs} palette={palette} wide={wide} />
        <Side title="Comparison" role="now" selection={view.now} view={view} names={names} type={type} nowMs={nowMs} palette={palette} wide={wide} />
      </div>
      {view.now.service ? (
        <Profile view={{ ...view, base }} palette={palette} nowMs={nowMs} compare type={type} />
      ) : (
        services.data && (
          <p class="note" role="status">
            {names.length > 0
              ? 'Choose a service; the baseline is of the same one until you choose another.'
              : 'No profiles in these time ranges: choose longer ones, or push the first profile (Explore says how).'}
          </p>
        )
      )}
    </div>
  );
}

function union(a: Span, b: Span): Span {
  return { fromMs: Math.min(a.fromMs, b.fromMs), untilMs: Math.max(a.untilMs, b.untilMs) };
}

interface SideProps {
  title: string;
  role: 'now' | 'base';
  selection: Selection;
  view: View;
  names: readonly string[];
  type: string;
  nowMs: number;
  palette: Palette;
  wide: Span;
}

function Side({ title, role, selection, view, names, type, nowMs, palette, wide }: SideProps) {
  const span = resolve(selection, nowMs);
  const unit = unitOf(type);
  const set = (part: Partial<Selection>) => change({ [role]: { ...(role === 'base' ? { ...view.base, service: selection.service } : view.now), ...part } });
  const key = selection.service && type ? `side ${JSON.stringify([type, selection.service, selection.filters, wide])}` : null;
  const series = useQuery(key, (signal) =>
    selectSeries({ type, service: selection.service, filters: selection.filters, groupBy: [], span: wide, count: 150 }, signal),
  );
  const colour = role === 'base' ? 'rgb(60 110 200 / 25%)' : 'rgb(220 120 40 / 25%)';
  const all = names.includes(selection.service) || !selection.service ? names : [selection.service, ...names];
  return (
    <section class={`card side ${role}`} aria-label={title}>
      <div class="row">
        <h2>{title}</h2>
        <select aria-label={`${title}: service`} value={selection.service} onChange={(event) => set({ service: event.currentTarget.value, filters: [] })}>
          {!selection.service && <option value="">service…</option>}
          {all.map((name) => (
            <option key={name} value={name}>
              {display(name)}
            </option>
          ))}
        </select>
      </div>
      <div class="row">
        <TimeRange range={selection} nowMs={nowMs} label={`${title}: time range`} onChange={set} />
      </div>
      <Filters selection={selection} type={type} unit={unit} span={span} onChange={(filters) => set({ filters })} />
      {series.loading && !series.data && <TimelineWaiting height={100} onCancel={series.cancel} />}
      {series.error && <TimelineFailed error={series.error} onRetry={series.retry} />}
      {series.data && (
        <Timeline
          set={series.data}
          type={type}
          palette={palette}
          label={`${title} over time`}
          height={100}
          marked={[{ span, colour }]}
          onRange={(chosen) => set({ from: String(Math.round(chosen.fromMs)), until: String(Math.round(chosen.untilMs)) })}
        />
      )}
    </section>
  );
}

interface BuildsProps {
  view: View;
  type: string;
  nowMs: number;
  wide: Span;
}

/** The builds that ran in either window; "before PGO / after PGO" is found by itself. */
function Builds({ view, type, nowMs, wide }: BuildsProps) {
  const whole: Selection = { service: view.now.service, filters: [], from: String(Math.round(wide.fromMs)), until: String(Math.round(wide.untilMs)) };
  const key = view.now.service && type ? `builds ${type} ${JSON.stringify(whole)}` : null;
  const builds = useQuery(key, (signal) => fetchBuilds({ type, now: whole, base: null, nodes: 1, nowMs }, signal));
  const found = builds.data ?? [];
  // Where labels do not say what -pgo was, the records do.
  const records = useQuery(found.length > 1 ? `records ${view.now.service}` : null, (signal) => orNone(listRecords(view.now.service, signal)));
  if (found.length < 2) return null;
  const pair = beforeAndAfter(knownBuilds(found, records.data ?? []));
  const select = (build: Build): Selection => selectionOf(view.now.service, build);
  return (
    <section class="card" aria-label="Builds">
      <div class="row">
        <h2>{found.length} builds ran</h2>
        {pair && (
          <button type="button" class="primary" onClick={() => change({ base: select(pair.before), now: select(pair.after), zoom: '' })}>
            Before PGO / after PGO
          </button>
        )}
      </div>
      <div class="scroll" tabIndex={0} role="region" aria-label="Table of builds">
        <table>
          <thead>
            <tr>
              <th scope="col">Build</th>
              <th scope="col">Seen</th>
              <th scope="col" class="number">Total</th>
              <th scope="col">Use as</th>
            </tr>
          </thead>
          <tbody>
            {found.map((build, i) => (
              <tr key={i}>
                <td>
                  <bdi class="mono">{visible(nameOfBuild(build) || 'no labels')}</bdi>
                </td>
                <td class="nowrap">
                  {formatTime(build.first)} – {formatTime(build.last)}
                </td>
                <td class="number">{formatValue(build.total, unitOf(type))}</td>
                <td class="nowrap">
                  <button type="button" class="small" onClick={() => change({ base: select(build) })}>
                    Baseline
                  </button>{' '}
                  <button type="button" class="small" onClick={() => change({ now: select(build) })}>
                    Comparison
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
