// What is shown and how: the panels, the shape, the search, the changes made to the tree.

import type { ComponentChildren } from 'preact';
import { change } from '../data/view_store';
import { display, visible } from '../profile/names';
import type { Panel, View } from '../profile/state';
import type { Change } from '../profile/transform';
import { formatCount } from '../profile/units';
import type { Shown } from './use_profile';

const panels: [Panel, string][] = [
  ['both', 'Table and graph'],
  ['graph', 'Graph'],
  ['table', 'Table'],
  ['tree', 'Tree'],
  ['sandwich', 'Sandwich'],
];

interface Props {
  view: View;
  shown: Shown;
  onCycle: (by: 1 | -1) => void;
  children?: ComponentChildren;
}

export function Toolbar({ view, shown, onCycle, children }: Props) {
  return (
    <div class="toolbar" role="group" aria-label="View">
      <Choice label="Panel" options={panels} value={view.panel} onChange={(panel) => change({ panel })} />
      {(view.panel === 'both' || view.panel === 'graph') && (
        <Choice
          label="Shape"
          options={[
            ['icicle', 'Icicle'],
            ['flame', 'Flame'],
          ]}
          value={view.shape}
          onChange={(shape) => change({ shape })}
        />
      )}
      {shown.tree?.base && (
        <Choice
          label="Scale"
          options={[
            ['share', 'Shares'],
            ['absolute', 'Absolute'],
          ]}
          value={view.scale}
          onChange={(scale) => change({ scale })}
        />
      )}
      <Search view={view} shown={shown} onCycle={onCycle} />
      <span class="grow" />
      {children}
      <Changes changes={view.changes} />
    </div>
  );
}

interface ChoiceProps<T extends string> {
  label: string;
  options: readonly (readonly [T, string])[];
  value: T;
  onChange: (value: T) => void;
}

export function Choice<T extends string>({ label, options, value, onChange }: ChoiceProps<T>) {
  return (
    <div class="choice" role="group" aria-label={label}>
      {options.map(([each, text]) => (
        <button type="button" key={each} aria-pressed={each === value} onClick={() => onChange(each)}>
          {text}
        </button>
      ))}
    </div>
  );
}

function Search({ view, shown, onCycle }: Props) {
  const count = shown.matches?.count ?? 0;
  return (
    <div class="search row" role="search">
      <input
        type="search"
        data-main
        value={view.search}
        placeholder="Search, or /regex/"
        aria-label="Search functions; /…/ is a regular expression"
        aria-invalid={shown.searchError !== ''}
        spellcheck={false}
        onInput={(event) => change({ search: event.currentTarget.value }, 'typing')}
        onKeyDown={(event) => {
          if (event.key === 'Enter') onCycle(event.shiftKey ? -1 : 1);
          if (event.key === 'Escape') change({ search: '' });
        }}
      />
      {view.search && (
        <>
          <span class={count === 0 ? 'soft none' : 'soft'} aria-live="polite">
            {shown.searchError ? visible(shown.searchError) : `${formatCount(count)} found`}
          </span>
          <button type="button" class="small" aria-label="Previous match" disabled={count === 0} onClick={() => onCycle(-1)}>
            ↑
          </button>
          <button type="button" class="small" aria-label="Next match" disabled={count === 0} onClick={() => onCycle(1)}>
            ↓
          </button>
        </>
      )}
    </div>
  );
}

const words = { focus: 'only', ignore: 'without', collapse: 'collapsed' } as const;

function Changes({ changes }: { changes: readonly Change[] }) {
  if (changes.length === 0) return null;
  return (
    <div class="row changes" role="group" aria-label="Changes to the tree">
      {changes.map((each, i) => {
        const text = each.kind === 'recursion' ? 'recursion collapsed' : `${words[each.kind]} ${display(each.name)}`;
        return (
          <span class="chip" key={i}>
            <bdi class="ellipsis">{text}</bdi>
            <button type="button" aria-label={`Undo: ${text}`} onClick={() => change({ changes: changes.filter((_, at) => at !== i), zoom: '' })}>
              ×
            </button>
          </span>
        );
      })}
    </div>
  );
}
