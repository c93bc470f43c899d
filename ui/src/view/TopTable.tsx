// The functions, by self, total or change. Rows follow the search.

import type { TargetedKeyboardEvent } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { display, short, visible } from '../profile/names';
import type { Matches } from '../profile/search';
import { readPattern } from '../profile/search';
import { changeText } from '../profile/say';
import type { View } from '../profile/state';
import { change, sortRows, topTable, type Row, type SortKey } from '../profile/table';
import { kindNames, type Tree } from '../profile/tree';
import { formatCount, formatShare, formatValue } from '../profile/units';

const step = 100;

interface Props {
  tree: Tree;
  view: View;
  matches: Matches | null;
  onChoose: (name: string) => void;
  onSandwich: (name: string) => void;
}

export function TopTable({ tree, view, matches, onChoose, onSandwich }: Props) {
  const diff = tree.base !== null;
  const [sort, setSort] = useState<{ key: SortKey; down: boolean }>({ key: diff ? 'change' : 'self', down: true });
  const [limit, setLimit] = useState(step);
  // Tab enters the table once; the arrows go from row to row.
  const [active, setActive] = useState(0);
  const rows = useMemo(() => topTable(tree), [tree]);
  const [now, before] = view.scale === 'share' ? [tree.total[0], tree.base?.total[0] ?? 0] : [1, 1];
  const ordered = useMemo(() => {
    const pattern = matches ? readPattern(view.search) : null;
    const kept = pattern && !(pattern instanceof Error) ? rows.filter((row) => pattern.test(row.name)) : rows;
    return sortRows(kept, sort.key, sort.down, (row) =>
      sort.key === 'change' ? Math.abs(change(row, now, before)) : sort.key === 'self' ? row.self : row.total,
    );
  }, [rows, matches, view.search, sort, now, before]);
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLElement>) => {
    const row = (event.target as HTMLElement).closest('tr');
    const next = event.key === 'ArrowDown' ? row?.nextElementSibling : event.key === 'ArrowUp' ? row?.previousElementSibling : null;
    if (next) next.querySelector<HTMLElement>('button.link')?.focus();
    else if (event.key === 's' && ordered[active]) onSandwich(ordered[active].name);
    else return;
    event.preventDefault();
  };
  const head = (key: SortKey, text: string, hint: string) => (
    <th scope="col" class={key === 'name' ? '' : 'number'} aria-sort={sort.key === key ? (sort.down ? 'descending' : 'ascending') : 'none'}>
      <button type="button" title={hint} onClick={() => setSort({ key, down: sort.key === key ? !sort.down : key !== 'name' })}>
        {text}
        <span aria-hidden="true">{sort.key === key ? (sort.down ? ' ↓' : ' ↑') : ''}</span>
      </button>
    </th>
  );
  return (
    <div class="panel table-box" tabIndex={0} role="region" aria-label="Functions">
      <table>
        <thead>
          <tr>
            {head('name', 'Function', 'By name')}
            {diff ? (
              <>
                <th scope="col" class="number">
                  Before
                </th>
                {head('total', 'Now', 'Share of the whole now')}
                {head('change', 'Change', 'By the size of the change')}
              </>
            ) : (
              <>
                {head('self', 'Self', 'Spent in the function itself')}
                {head('total', 'Total', 'With all that it calls')}
              </>
            )}
          </tr>
        </thead>
        <tbody onKeyDown={onKeyDown}>
          {ordered.slice(0, limit).map((row, i) => (
            <FunctionRow
              key={row.name}
              row={row}
              tree={tree}
              view={view}
              active={i === Math.min(active, ordered.length - 1)}
              onFocus={() => setActive(i)}
              onChoose={onChoose}
              onSandwich={onSandwich}
            />
          ))}
        </tbody>
      </table>
      {ordered.length > limit && (
        <p class="row">
          <span class="soft">
            Showing {limit} of {formatCount(ordered.length)} functions
          </span>
          <button type="button" class="small" onClick={() => setLimit(limit + 4 * step)}>
            Show more
          </button>
        </p>
      )}
    </div>
  );
}

interface RowProps {
  row: Row;
  tree: Tree;
  view: View;
  active: boolean;
  onFocus: () => void;
  onChoose: (name: string) => void;
  onSandwich: (name: string) => void;
}

function FunctionRow({ row, tree, view, active, onFocus, onChoose, onSandwich }: RowProps) {
  const whole = tree.total[0] || 1;
  const wholeBefore = tree.base?.total[0] || 1;
  const number = (value: number, of: number) => (
    <td class="number">
      <span>{formatValue(value, tree.unit)}</span>
      <span class="soft">{formatShare(value / of)}</span>
      {!tree.base && <Bar share={value / of} />}
    </td>
  );
  const moved = row.total / whole - row.baseTotal / wholeBefore;
  const direction = view.scale === 'share' ? moved : row.total - row.baseTotal;
  return (
    <tr>
      <td class="function" title={visible(`${row.name}\n${row.file}\n${kindNames[row.kind] ?? ''}`)}>
        <button type="button" class="link" tabIndex={active ? 0 : -1} onFocus={onFocus} onClick={() => onChoose(row.name)}>
          <bdi class="mono">{short(row.name)}</bdi>
        </button>
        <button type="button" class="small sandwich-button" tabIndex={-1} aria-label={`Sandwich of ${display(row.name)}`} title="Sandwich (s)" onClick={() => onSandwich(row.name)}>
          ⇅
        </button>
        <bdi class="soft mono place">{placeOf(row)}</bdi>
      </td>
      {tree.base ? (
        <>
          {number(row.baseTotal, wholeBefore)}
          {number(row.total, whole)}
          <td class={`number change ${direction > 0 ? 'more' : direction < 0 ? 'less' : ''}`}>
            <b>{changeText(row.total, row.baseTotal, whole, wholeBefore, tree.unit, view.scale)}</b>
            <span class="soft">{row.baseTotal === 0 ? 'new' : row.total === 0 ? 'gone' : ''}</span>
          </td>
        </>
      ) : (
        <>
          {number(row.self, whole)}
          {number(row.total, whole)}
        </>
      )}
    </tr>
  );
}

/** What the short name leaves out: the package, or else the file. */
function placeOf(row: Row): string {
  const whole = display(row.name);
  const brief = short(row.name);
  return whole.length > brief.length ? whole.slice(0, whole.length - brief.length) : visible(row.file);
}

export function Bar({ share }: { share: number }) {
  return (
    <svg class="share" viewBox="0 0 100 3" preserveAspectRatio="none" aria-hidden="true">
      <rect width={Math.max(0, Math.min(100, share * 100))} height="3" />
    </svg>
  );
}
