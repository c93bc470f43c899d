// Small multiples: one card per value of a label, all to the same scale, each a click away from being
// the filter, the baseline or the comparison.

import { selectSeries } from '../data/querier';
import { useQuery } from '../data/query';
import { change } from '../data/view_store';
import { display, visible } from '../profile/names';
import { withFilter, writeFilters, writeSelector, type Filter } from '../profile/selector';
import type { View } from '../profile/state';
import type { Span } from '../profile/time';
import { formatShare, formatValue } from '../profile/units';
import { ErrorNote, Waiting } from './notes';
import { Sparkline } from './Timeline';

const most = 24;

interface Props {
  view: View;
  type: string;
  unit: string;
  span: Span;
}

/** Which label to part by. */
export function GroupChoice({ group, names }: { group: string; names: readonly string[] }) {
  const all = names.includes(group) || group === '' ? names : [group, ...names];
  return (
    <label class="inline">
      Part by label
      <select value={group} onChange={(event) => change({ group: event.currentTarget.value })}>
        <option value="">none</option>
        {all.map((name) => (
          <option key={name} value={name}>
            {visible(name)}
          </option>
        ))}
      </select>
    </label>
  );
}

export function Multiples({ view, type, unit, span }: Props) {
  const { now, group } = view;
  const key = group && type ? `multiples ${type} ${group} ${writeSelector(now.service, now.filters)} ${JSON.stringify(span)}` : null;
  const query = useQuery(key, (signal) =>
    selectSeries({ type, service: now.service, filters: now.filters, groupBy: [group], span, count: 40 }, signal),
  );
  if (!group) return null;
  const series = query.data?.series ?? [];
  const whole = series.reduce((sum, each) => sum + each.total, 0);
  const isBase = (filters: Filter[]) => view.base.service === now.service && writeFilters(view.base.filters) === writeFilters(filters);
  const highest = Math.max(...series.flatMap((each) => each.values), 0);
  return (
    <section aria-label="By label">
      {series.length > most && <p class="soft">Showing the {most} heaviest of {series.length} values.</p>}
      {query.loading && <Waiting what="Loading values…" over={series.length > 0} onCancel={query.cancel} />}
      {query.error && <ErrorNote error={query.error} onRetry={query.retry} />}
      {series.length > 0 && (
        <ul class="multiples">
          {series.slice(0, most).map((each) => {
            const value = each.labels[group] ?? '';
            const filters = withFilter(now.filters, group, value);
            return (
              <li key={value} class="card">
                <bdi class="ellipsis">{value === '' ? '(none)' : display(value)}</bdi>
                <Sparkline values={each.values} top={highest} width={180} height={32} />
                <span class="soft">
                  {formatValue(each.total, unit)} · {formatShare(whole > 0 ? each.total / whole : 0)}
                </span>
                <span class="row">
                  <button type="button" class="small" onClick={() => change({ now: { ...now, filters } })}>
                    Only this
                  </button>
                  <button type="button" class="small" aria-pressed={isBase(filters)} onClick={() => change({ base: { ...now, filters } })}>
                    {isBase(filters) ? 'Baseline ✓' : 'As baseline'}
                  </button>
                  <button type="button" class="small" onClick={() => change({ page: 'compare', now: { ...now, filters }, zoom: '' })}>
                    Compare
                  </button>
                </span>
              </li>
            );
          })}
        </ul>
      )}
    </section>
  );
}
