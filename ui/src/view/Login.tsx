// Sign-in by token, when the server asks for one. The token goes to the server once; what stays in the
// browser is a cookie that scripts cannot read.

import { useState } from 'preact/hooks';
import { logIn } from '../data/anneal';
import { visible } from '../profile/names';

export function Login({ onDone }: { onDone: () => void }) {
  const [error, setError] = useState('');
  const [busy, setBusy] = useState(false);
  const send = async (form: HTMLFormElement) => {
    setBusy(true);
    setError('');
    try {
      await logIn(String(new FormData(form).get('token') ?? '').trim());
      onDone();
    } catch (failed) {
      setError(failed instanceof Error ? failed.message : String(failed));
    }
    setBusy(false);
  };
  return (
    <form
      class="card login"
      onSubmit={(event) => {
        event.preventDefault();
        void send(event.currentTarget);
      }}
    >
      <h1>Sign in</h1>
      <p>This server wants a token. Who runs it makes one and gives it the right to read.</p>
      <label>
        Token
        <input name="token" type="password" autocomplete="current-password" required spellcheck={false} />
      </label>
      <button type="submit" class="primary" disabled={busy}>
        {busy ? 'Signing in…' : 'Sign in'}
      </button>
      {error && (
        <p class="bad-text" role="alert">
          {visible(error)}
        </p>
      )}
    </form>
  );
}
