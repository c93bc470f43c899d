// Requests to the server that served the page, and to no other. Errors carry what to do.

export class ApiError extends Error {
  constructor(
    message: string,
    readonly code: string,
    readonly status: number,
  ) {
    super(message);
  }
}

export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  return request<T>(path, { ...(signal ? { signal } : {}), headers: { Accept: 'application/json' } });
}

export async function postJson<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  return request<T>(path, {
    method: 'POST',
    body: JSON.stringify(body),
    ...(signal ? { signal } : {}),
    headers: { 'Content-Type': 'application/json', Accept: 'application/json;allow-utf8-labelnames=true' },
  });
}

export async function deleteJson<T>(path: string): Promise<T> {
  return request<T>(path, { method: 'DELETE', headers: { Accept: 'application/json' } });
}

async function request<T>(path: string, init: RequestInit): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(path, { ...init, credentials: 'same-origin' });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError('The server does not answer. Is `anneal serve` still running?', 'unavailable', 0);
  }
  const text = await answer.text();
  if (!answer.ok) throw readError(answer.status, text);
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new ApiError(`The server's answer to ${path.split('?')[0]} is no JSON. Is a proxy in between?`, 'internal', answer.status);
  }
}

function readError(status: number, text: string): ApiError {
  try {
    const { code, message } = JSON.parse(text) as { code?: string; message?: string };
    return new ApiError(message || `HTTP status ${status}`, code || 'unknown', status);
  } catch {
    return new ApiError(text.slice(0, 300) || `HTTP status ${status}`, 'unknown', status);
  }
}

/** What a person can do about an error. */
export function advice(error: Error): string {
  if (!(error instanceof ApiError)) return 'Reload the page; if it stays, report it with this text.';
  if (error.status === 401 || error.status === 403) return 'Sign in with a token that has the right to read.';
  if (error.status === 0) return 'Start it again, then press “Try again”.';
  if (error.code === 'not_found') return 'Nothing was recorded for this selection: choose a longer time range or fewer filters.';
  if (error.code === 'invalid_argument') return 'Check the profile type, the filters and the time range.';
  if (error.code === 'resource_exhausted') return 'Choose a shorter time range or add a filter.';
  if (error.code === 'unimplemented') return 'This server is older than the page: update it.';
  return 'Try again; the server’s log has more.';
}
