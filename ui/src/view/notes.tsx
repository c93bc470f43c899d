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

/** Beside a field that was not understood: how to write it. */
export function Wrong({ children }: { children: ComponentChildren }) {
  return (
    <span class="bad-text soft" role="alert">
      {children}
    </span>
  );
}

interface WaitingProps {
  what: string;
  /** What was there stays, and this floats above it, so that nothing jumps. */
  over?: boolean;
  onCancel?: () => void;
}

export function Waiting({ what, over = false, onCancel }: WaitingProps) {
  return (
    <div class={`waiting ${over ? 'over' : ''}`} role="status">
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

interface CopyProps {
  text: string | (() => string);
  label: string;
  small?: boolean;
  children?: ComponentChildren;
}

export function CopyButton({ text, label, small = false, children }: CopyProps) {
  const [done, setDone] = useState('');
  const copy = async () => {
    const ok = await copyText(typeof text === 'string' ? text : text());
    setDone(ok ? 'Copied' : 'Not copied: the browser forbids it');
    setTimeout(() => setDone(''), 1600);
  };
  return (
    <button type="button" class={small ? 'small' : ''} onClick={() => void copy()} {...(children ? {} : { 'aria-label': label })} title={label}>
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
