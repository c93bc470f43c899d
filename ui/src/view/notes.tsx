// What the page says when there is nothing to draw: waiting, errors, emptiness.

import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { advice } from '../data/http';
import { visible } from '../profile/names';

export function ErrorNote({ error, onRetry }: { error: Error; onRetry?: () => void }) {
  return (
    <div class="note bad" role="alert">
      <p>
        <b>{visible(error.message)}</b>
      </p>
      <p>{advice(error)}</p>
      {onRetry && (
        <button type="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** A bar at the top of what is being loaded; what was there stays, so that nothing jumps. */
export function Waiting({ what, onCancel }: { what: string; onCancel?: () => void }) {
  return (
    <div class="waiting" role="status">
      <span class="bar" aria-hidden="true" />
      <span>{what}</span>
      {onCancel && (
        <button type="button" class="small" onClick={onCancel}>
          Cancel
        </button>
      )}
    </div>
  );
}

export function Command({ text }: { text: string }) {
  return (
    <div class="command">
      <pre tabIndex={0}>
        <code>{text}</code>
      </pre>
      <CopyButton text={text} label="Copy the command" />
    </div>
  );
}

export function CopyButton({ text, label, children }: { text: string | (() => string); label: string; children?: ComponentChildren }) {
  const [done, setDone] = useState('');
  const copy = async () => {
    const ok = await copyText(typeof text === 'string' ? text : text());
    setDone(ok ? 'Copied' : 'Not copied: the browser forbids it');
    setTimeout(() => setDone(''), 1600);
  };
  return (
    <button type="button" onClick={() => void copy()} {...(children ? {} : { 'aria-label': label })} title={label}>
      <span aria-live="polite">{done || children || 'Copy'}</span>
    </button>
  );
}

/** The clipboard's own call needs https or localhost; the old way works everywhere else. */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    area.className = 'unseen';
    document.body.append(area);
    area.select();
    const ok = document.execCommand('copy');
    area.remove();
    return ok;
  }
}
