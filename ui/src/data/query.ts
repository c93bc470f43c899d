// A request as a hook: starts when its key changes, aborts what it replaces, can be cancelled, and
// keeps the last answer on the screen while the next is on its way.

import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

export interface Query<T> {
  data: T | null;
  error: Error | null;
  loading: boolean;
  cancel: () => void;
  retry: () => void;
}

interface Answer<T> {
  data: T | null;
  error: Error | null;
  loading: boolean;
}

/** A key of null makes no request and forgets the answer. */
export function useQuery<T>(key: string | null, run: (signal: AbortSignal) => Promise<T>): Query<T> {
  const [answer, setAnswer] = useState<Answer<T>>({ data: null, error: null, loading: key !== null });
  const [round, setRound] = useState(0);
  const running = useRef<AbortController | null>(null);
  useEffect(() => {
    if (key === null) {
      setAnswer({ data: null, error: null, loading: false });
      return undefined;
    }
    const controller = new AbortController();
    running.current = controller;
    setAnswer((last) => ({ data: last.data, error: null, loading: true }));
    run(controller.signal).then(
      (data) => controller.signal.aborted || setAnswer({ data, error: null, loading: false }),
      (error: unknown) => {
        if (controller.signal.aborted) return;
        setAnswer({ data: null, error: error instanceof Error ? error : new Error(String(error)), loading: false });
      },
    );
    return () => controller.abort();
  }, [key, round]);
  const cancel = useCallback(() => {
    running.current?.abort();
    setAnswer((last) => ({ data: last.data, error: last.data ? null : new Error('The query was cancelled.'), loading: false }));
  }, []);
  const retry = useCallback(() => setRound((value) => value + 1), []);
  return { ...answer, cancel, retry };
}
