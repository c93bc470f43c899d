// A server without profiles: the exact command for the first one. It shows up without a reload.

import { useEffect } from 'preact/hooks';
import { anyProfiles } from '../data/querier';
import { Command } from './notes';

const pollMs = 2000;

export function Empty({ onFound }: { onFound: () => void }) {
  useEffect(() => {
    const controller = new AbortController();
    const timer = setInterval(() => {
      anyProfiles(controller.signal).then(
        (found) => found && onFound(),
        () => undefined, // a server that is down for a moment is asked again
      );
    }, pollMs);
    return () => {
      clearInterval(timer);
      controller.abort();
    };
  }, []);
  const { origin } = location;
  return (
    <div class="card empty">
      <h1>No profiles yet</h1>
      <p>Push one. Any Go program that serves net/http/pprof will do; ten seconds of its CPU:</p>
      <Command
        text={`curl -s 'http://localhost:6060/debug/pprof/profile?seconds=10' |\n  curl --fail-with-body --data-binary @- '${origin}/ingest?name=my-service&format=pprof&from='$(($(date +%s)-10))'&until='$(date +%s)`}
      />
      <p>Or a file that you have:</p>
      <Command text={`anneal upload --url=${origin} --extra-labels=service_name=my-service cpu.pprof`} />
      <p>
        Or point a Pyroscope SDK at <code>{origin}</code>: it needs no other change.
      </p>
      <p role="status">Waiting for the first profile; it will appear here by itself.</p>
    </div>
  );
}
