// The services: a sparkline, a total, a share; heaviest first.

import type { SeriesSet, ServiceTypes } from '../data/querier';
import { display } from '../profile/names';
import { isCpu, unitOf } from '../profile/profile_type';
import type { Span } from '../profile/time';
import { formatCores, formatShare, formatValue } from '../profile/units';
import { Sparkline } from './Timeline';

interface Props {
  services: readonly ServiceTypes[];
  totals: SeriesSet | null;
  type: string;
  span: Span;
  chosen: string;
  onChoose: (service: string) => void;
}

export function Services({ services, totals, type, span, chosen, onChoose }: Props) {
  const unit = unitOf(type);
  const found = new Map(totals?.series.map((each) => [each.labels['service_name'] ?? '', each]));
  const whole = totals?.series.reduce((sum, each) => sum + each.total, 0) ?? 0;
  const ordered = [...services].sort((a, b) => (found.get(b.service)?.total ?? 0) - (found.get(a.service)?.total ?? 0));
  return (
    <nav class="services" aria-label="Services">
      <h2>Services</h2>
      <ul>
        {ordered.map(({ service, types }) => {
          const series = found.get(service);
          return (
            <li key={service}>
              <button type="button" class="service" aria-pressed={service === chosen} onClick={() => onChoose(service)}>
                <bdi class="service-name">{display(service)}</bdi>
                {series ? <Sparkline values={series.values} /> : <span />}
                <span class="soft">
                  {series
                    ? `${formatValue(series.total, unit)} · ${formatShare(whole > 0 ? series.total / whole : 0)}${isCpu(type) ? ` · ${formatCores(series.total, span.untilMs - span.fromMs)}` : ''}`
                    : `${types.length} other profile type${types.length === 1 ? '' : 's'}`}
                </span>
              </button>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}
