// Label filters: what is set, and for a chosen label each value with its weight and share.

import { useState } from 'preact/hooks';
import { labelNames, selectSeries } from '../data/querier';
import { useQuery } from '../data/query';
import { display, visible } from '../profile/names';
import { readFilters, withFilter, writeFilters, type Filter } from '../profile/selector';
import type { Selection } from '../profile/state';
import type { Span } from '../profile/time';
import { formatShare, formatValue } from '../profile/units';
import { Wrong } from './notes';

interface Props {
  selection: Selection;
  type: string;
  unit: string;
  span: Span;
  onChange: (filters: Filter[]) => void;
}

export function Filters({ selection, type, unit, span, onChange }: Props) {
  const [label, setLabel] = useState('');
  const scope = JSON.stringify([selection.service, span]);
  const names = useQuery(selection.service ? `names ${scope}` : null, (signal) => labelNames(selection.service, [], span, signal));
  const others = selection.filters.filter((filter) => filter.name !== label);
  const values = useQuery(label && type ? `values ${type} ${label} ${scope} ${writeFilters(others)}` : null, (signal) =>
    selectSeries({ type, service: selection.service, filters: others, groupBy: [label], span, count: 1 }, signal),
  );
  const whole = values.data?.series.reduce((sum, each) => sum + each.total, 0) ?? 0;
  return (
    <div class="filters row">
      {selection.filters.map((filter, i) => (
        <span class="chip" key={`${filter.name}${filter.op}${filter.value}`}>
          <bdi>{visible(`${filter.name} ${filter.op} ${filter.value}`)}</bdi>
          <button
            type="button"
            aria-label={`Remove the filter ${visible(filter.name)}`}
            onClick={() => onChange(selection.filters.filter((_, at) => at !== i))}
          >
            ×
          </button>
        </span>
      ))}
      <select aria-label="Filter by label" value={label} onChange={(event) => setLabel(event.currentTarget.value)}>
        <option value="">Filter by…</option>
        {(names.data ?? []).map((name) => (
          <option key={name} value={name}>
            {visible(name)}
          </option>
        ))}
      </select>
      {label && (
        <select
          aria-label={`Value of ${visible(label)}`}
          value={selection.filters.find((filter) => filter.name === label && filter.op === '=')?.value ?? '\u0000'}
          onChange={(event) => {
            const { value } = event.currentTarget;
            onChange(withFilter(selection.filters, label, value === '\u0000' ? null : value));
          }}
        >
          <option value={'\u0000'}>{values.loading ? 'Loading…' : `Any of ${values.data?.series.length ?? 0} values`}</option>
          {(values.data?.series ?? []).map((each) => {
            const value = each.labels[label] ?? '';
            return (
              <option key={value} value={value}>
                {`${value === '' ? '(none)' : display(value)}  ${formatValue(each.total, unit)}, ${formatShare(whole > 0 ? each.total / whole : 0)}`}
              </option>
            );
          })}
        </select>
      )}
      <ByHand filters={selection.filters} onChange={onChange} />
    </div>
  );
}

/** Every matcher that the API knows, typed: !=, =~ and !~ too. */
function ByHand({ filters, onChange }: { filters: Filter[]; onChange: (filters: Filter[]) => void }) {
  const [wrong, setWrong] = useState(false);
  const text = writeFilters(filters);
  return (
    <>
      <input
        type="text"
        class="matchers mono"
        key={text}
        defaultValue={text}
        placeholder='region="eu", version!~"v1.*"'
        aria-label="Filters as matchers"
        aria-invalid={wrong}
        spellcheck={false}
        onChange={(event) => {
          const read = readFilters(event.currentTarget.value);
          setWrong(read === null);
          if (read) onChange(read);
        }}
      />
      {wrong && <Wrong>Write matchers as region="eu", version!~"v1.*".</Wrong>}
    </>
  );
}
