// The time range: presets, two fields, wider, and again.

import { useState } from 'preact/hooks';
import { presets, readTime, widen, type Range } from '../profile/time';
import { formatTime } from '../profile/units';
import { Wrong } from './notes';

interface Props {
  range: Range;
  nowMs: number;
  label: string;
  onChange: (range: Range) => void;
}

const shown = (text: string) => (/^\d+$/.test(text) ? formatTime(Number(text)) : text);

export function TimeRange({ range, nowMs, label, onChange }: Props) {
  const preset = range.until === 'now' && presets.some(([from]) => from === range.from) ? range.from : '';
  return (
    <fieldset class="row range">
      <legend class="unseen">{label}</legend>
      <select
        aria-label={`${label}: last`}
        value={preset}
        onChange={(event) => event.currentTarget.value && onChange({ from: event.currentTarget.value, until: 'now' })}
      >
        {preset === '' && <option value="">from … until</option>}
        {presets.map(([from, text]) => (
          <option key={from} value={from}>
            last {text}
          </option>
        ))}
      </select>
      <TimeField label={`${label}: from`} value={range.from} nowMs={nowMs} onChange={(from) => onChange({ ...range, from })} />
      <span aria-hidden="true">–</span>
      <TimeField label={`${label}: until`} value={range.until} nowMs={nowMs} onChange={(until) => onChange({ ...range, until })} />
      <button type="button" class="small" onClick={() => onChange(widen(range, nowMs))} title="Twice as long">
        Wider
      </button>
    </fieldset>
  );
}

interface FieldProps {
  label: string;
  value: string;
  nowMs: number;
  onChange: (text: string) => void;
}

function TimeField({ label, value, nowMs, onChange }: FieldProps) {
  const [wrong, setWrong] = useState(false);
  return (
    <>
      <input
        type="text"
        class="time"
        key={value}
        aria-label={label}
        aria-invalid={wrong}
        title="now, now-1h, or 2026-11-28 14:30"
        defaultValue={shown(value)}
        spellcheck={false}
        onChange={(event) => {
          const text = event.currentTarget.value.trim();
          const ms = readTime(text, nowMs);
          setWrong(ms === null);
          if (ms !== null && text !== shown(value)) onChange(text.startsWith('now') ? text : String(ms));
        }}
      />
      {wrong && <Wrong>Write now, now-1h, or 2026-11-28 14:30.</Wrong>}
    </>
  );
}
