// The page's frame: header, the three pages, sign-in, the sheet of keys, and messages.

import { useEffect, useState } from 'preact/hooks';
import { embedded, fetchSession, logOut, type Session } from '../data/anneal';
import { ApiError } from '../data/http';
import { useQuery } from '../data/query';
import { learnLimits } from '../data/limits';
import { useTheme, type Theme } from '../data/theme';
import { change, hrefOf, useView } from '../data/view_store';
import { visible } from '../profile/names';
import type { Page, View } from '../profile/state';
import { Compare } from './Compare';
import { Explore } from './Explore';
import { KeySheet } from './KeySheet';
import { Login } from './Login';
import { Pgo } from './Pgo';
import { Profile } from './Profile';
import { ErrorNote } from './notes';

const pages: [Page, string][] = [
  ['explore', 'Explore'],
  ['compare', 'Compare'],
  ['pgo', 'PGO'],
];

export function App() {
  const { view, complaint } = useView();
  const { theme, setTheme, palette } = useTheme();
  const [keys, setKeys] = useState(false);
  const session = useSession();
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === '?') setKeys(true);
      else if (event.key === '/') focusSearch();
      else if (event.key === 'g') document.querySelector<HTMLElement>('main [role=tree]')?.focus();
      else return;
      event.preventDefault();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
  useEffect(() => {
    document.title = titleOf(view);
  }, [view]);

  const locked = session.data?.auth === 'token' && !session.data.authenticated;
  return (
    <>
      <a class="skip" href="#main">
        Skip to the profile
      </a>
      <header class="head">
        <a class="brand" href={embedded ? '#' : './'} aria-label="anneal">
          <Mark />
          <span>anneal</span>
        </a>
        {!embedded && <Pages view={view} />}
        {embedded && <span class="soft ellipsis">{visible(embedded.title ?? 'profile')}</span>}
        <span class="grow" />
        <label class="inline">
          <span class="unseen">Theme</span>
          <select value={theme} onChange={(event) => setTheme(event.currentTarget.value as Theme)}>
            <option value="system">System theme</option>
            <option value="light">Light</option>
            <option value="dark">Dark</option>
          </select>
        </label>
        <button type="button" onClick={() => setKeys(true)} aria-haspopup="dialog" title="Keys (?)">
          <span aria-hidden="true">?</span>
          <span class="unseen">Keys</span>
        </button>
        {session.data?.auth === 'token' && session.data.authenticated && (
          <button type="button" onClick={() => void logOut().then(session.retry)}>
            Sign out
          </button>
        )}
      </header>
      <main id="main" tabIndex={-1}>
        {complaint && (
          <p class="note warn" role="status">
            {visible(complaint)}
          </p>
        )}
        <Body view={view} palette={palette} locked={locked} session={session} />
      </main>
      {keys && <KeySheet onClose={() => setKeys(false)} />}
    </>
  );
}

type SessionQuery = ReturnType<typeof useSession>;

/** A server without the call, an older one, asks for no token. */
function useSession() {
  return useQuery<Session>(embedded ? null : 'session', async (signal) => {
    try {
      const session = await fetchSession(signal);
      learnLimits(session);
      return session;
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return { auth: 'none', authenticated: true };
      throw error;
    }
  });
}

interface BodyProps {
  view: View;
  palette: ReturnType<typeof useTheme>['palette'];
  locked: boolean;
  session: SessionQuery;
}

function Body({ view, palette, locked, session }: BodyProps) {
  if (embedded) return <Profile view={view} palette={palette} nowMs={0} compare={Boolean(embedded.tree.nodes.baseTotal)} />;
  if (session.error) return <ErrorNote error={session.error} onRetry={session.retry} />;
  if (!session.data) return <p class="wait" role="status">Connecting…</p>;
  if (locked) return <Login onDone={session.retry} />;
  if (view.page === 'compare') return <Compare view={view} palette={palette} />;
  if (view.page === 'pgo') return <Pgo view={view} session={session.data} />;
  return <Explore view={view} palette={palette} files={session.data.files ?? false} />;
}

function Pages({ view }: { view: View }) {
  return (
    <nav aria-label="Pages">
      {pages.map(([page, text]) => (
        <a
          key={page}
          href={hrefOf({ ...view, page })}
          {...(view.page === page ? { 'aria-current': 'page' as const } : {})}
          onClick={(event) => {
            if (event.ctrlKey || event.metaKey || event.shiftKey) return;
            event.preventDefault();
            change({ page, zoom: '' });
          }}
        >
          {text}
        </a>
      ))}
    </nav>
  );
}

function Mark() {
  return (
    <svg viewBox="0 0 32 32" width="22" height="22" aria-hidden="true">
      <rect x="2" y="5" width="28" height="6" rx="1.5" fill="#0f6e84" />
      <rect x="2" y="13" width="19" height="6" rx="1.5" fill="#2a9d8f" />
      <rect x="2" y="21" width="9" height="6" rx="1.5" fill="#e08a1e" />
      <rect x="13" y="21" width="6" height="6" rx="1.5" fill="#d9572b" />
    </svg>
  );
}

function titleOf(view: View): string {
  const page = pages.find(([each]) => each === view.page)?.[1] ?? '';
  return [visible(view.now.service), page, 'anneal'].filter(Boolean).join(' · ');
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.matches('input, textarea, select') || target.isContentEditable);
}

function focusSearch(): void {
  document.querySelector<HTMLInputElement>('input[type="search"][data-main]')?.focus();
}
