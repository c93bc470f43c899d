// Where within a function the time goes, by source line.

import { useEffect, useRef } from 'preact/hooks';
import { fetchLines, selectionParams, type TreeQuery } from '../data/anneal';
import { useQuery } from '../data/query';
import { display, visible } from '../profile/names';
import { formatShare, formatValue } from '../profile/units';
import { ErrorNote, Waiting } from './notes';
import { Bar } from './TopTable';

interface Props {
  query: TreeQuery;
  name: string;
  unit: string;
  onClose: () => void;
}

export function Lines({ query, name, unit, onClose }: Props) {
  const answer = useQuery(`lines ${name} ${selectionParams(query)}`, (signal) => fetchLines(query, name, signal));
  const card = useRef<HTMLElement>(null);
  // It appears below the graph, perhaps below the screen.
  useEffect(() => card.current?.scrollIntoView({ block: 'nearest' }), [answer.data, name]);
  const lines = answer.data?.lines ?? [];
  const whole = lines.reduce((sum, line) => sum + line.total, 0) || 1;
  return (
    <section ref={card} class="card lines" aria-label="Source lines">
      <div class="row">
        <h2>
          Lines of <bdi class="mono">{display(name)}</bdi>
        </h2>
        <span class="grow" />
        <button type="button" class="small" onClick={onClose}>
          Close
        </button>
      </div>
      {answer.loading && <Waiting what="Loading lines…" onCancel={answer.cancel} />}
      {answer.error && <ErrorNote error={answer.error} onRetry={answer.retry} />}
      {answer.data && lines.length === 0 && <p>The profile has no line numbers for this function.</p>}
      {answer.data && lines.length > 0 && (
        <table>
          <caption>
            <bdi class="mono">{visible(answer.data.file)}</bdi>
            {answer.data.startLine > 0 && <>, the function begins at line {answer.data.startLine}</>}
          </caption>
          <thead>
            <tr>
              <th scope="col" class="number">Line</th>
              <th scope="col" class="number">Self</th>
              <th scope="col" class="number">Total</th>
              <th scope="col">Share of the function</th>
            </tr>
          </thead>
          <tbody>
            {lines.map((line) => (
              <tr key={line.line}>
                <td class="number mono">{line.line > 0 ? line.line : 'not known'}</td>
                <td class="number">{formatValue(line.self, unit)}</td>
                <td class="number">{formatValue(line.total, unit)}</td>
                <td>
                  {formatShare(line.total / whole)}
                  <Bar share={line.total / whole} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
