// What PGO did for a service: builds over time, the current artefact, the verdicts, hot edges and the
// compiler's decisions.

import { useState } from 'preact/hooks';
import type { Session } from '../data/anneal';
import { artefactUrl, deleteRecord, fetchDecisions, fetchEdges, fetchRecord, listPgoServices, listRecords, orNone, timeOf, type Artefact, type Decision, type PgoRecord, type Verdict } from '../data/pgo';
import { useQuery } from '../data/query';
import { change } from '../data/view_store';
import { pgoName } from '../profile/builds';
import { display, visible } from '../profile/names';
import type { View } from '../profile/state';
import { formatAge, formatCount, formatShare, formatTime, formatValue } from '../profile/units';
import { ForestPlot, percentOf, type Arm } from './ForestPlot';
import { SeenBuilds } from './SeenBuilds';
import { Command, ErrorNote, Waiting } from './notes';

export function Pgo({ view, session }: { view: View; session: Session }) {
  const services = useQuery('pgo services', (signal) => orNone(listPgoServices(signal)));
  const names = (services.data ?? []).map((each) => each.service);
  const service = view.now.service || (names[0] ?? '');
  const all = names.includes(service) || service === '' ? names : [service, ...names];
  const records = useQuery(service ? `records ${service}` : null, (signal) => orNone(listRecords(service, signal)));
  const found = records.data ?? [];
  return (
    <div class="pgo">
      <div class="row">
        <h1>PGO</h1>
        {names.length > 0 && (
          <select
            aria-label="Service"
            value={service}
            onChange={(event) => change({ now: { ...view.now, service: event.currentTarget.value, filters: [] }, record: '', against: '' })}
          >
            {all.map((name) => (
              <option key={name} value={name}>
                {display(name)}
                {!names.includes(name) && ' (no records)'}
              </option>
            ))}
          </select>
        )}
      </div>
      {(services.loading || records.loading) && <Waiting what="Loading records…" onCancel={() => (services.cancel(), records.cancel())} />}
      {services.error && <ErrorNote error={services.error} onRetry={services.retry} />}
      {records.error && <ErrorNote error={records.error} onRetry={records.retry} />}
      {services.data && (records.data || !service) && found.length === 0 && <NoRecords service={service} />}
      {found.length > 0 && <Records view={view} service={service} records={found} mayDelete={mayDelete(session)} onDeleted={records.retry} />}
    </div>
  );
}

const mayDelete = ({ auth, rights }: Session) => auth === 'none' || (rights ?? []).includes('admin');

function NoRecords({ service }: { service: string }) {
  const name = service || 'my-service';
  const { origin } = location;
  return (
    <div class="card empty">
      <h2>No artefact and no verdict yet{service && <> for {display(service)}</>}</h2>
      <p>Once around the loop, in the folder of the program, with its anneal.yaml:</p>
      <Command text={`anneal loop --publish ${origin}`} />
      <p>Or measure two binaries that you have, and send what comes out:</p>
      <Command text={`anneal verify --publish ${origin} --service '${name.replace(/'/g, "'\\''")}' --baseline ./old --candidate ./new`} />
      <p>Profiles are enough for an artefact alone:</p>
      <Command text={`anneal query merge --url=${origin} --query='{service_name="${name}"}' --output=pprof=./default.pgo && anneal pgo report ./default.pgo`} />
    </div>
  );
}

interface RecordsProps {
  view: View;
  service: string;
  records: readonly PgoRecord[];
  mayDelete: boolean;
  onDeleted: () => void;
}

function Records({ view, service, records, mayDelete, onDeleted }: RecordsProps) {
  const current = records.find((each) => each.id === view.record) ?? records[0];
  const place = records.indexOf(current);
  const against = records.find((each) => each.id === view.against && each !== current) ?? records[place + 1];
  return (
    <>
      <div class="sides">
        <div class="stack">
          <VerdictCard record={current} />
          <section class="card" aria-label="Verdicts">
            <h2>Verdicts</h2>
            <ForestPlot arms={armsOf(current, records)} />
            <p class="soft">Squares with lines: the candidate's CPU time against the baseline's. Grey below: the control, baseline against itself; the band is the floor of its noise.</p>
          </section>
        </div>
        <ArtefactCard service={service} record={current} newest={place === 0} />
      </div>
      <SeenBuilds service={service} records={records} current={current} />
      <RecordsCard service={service} records={records} current={current} mayDelete={mayDelete} onDeleted={onDeleted} />
      <EdgesCard service={service} record={current} />
      {against && <DecisionsCard service={service} from={against} to={current} records={records} />}
    </>
  );
}

function armsOf(current: PgoRecord, records: readonly PgoRecord[]) {
  const benchmarks: Arm[] = (current.verdict?.benchmarks ?? []).map((each) => ({
    label: each.name,
    note: each.blocks === undefined ? '' : `${formatCount(each.blocks)} blocks`,
    verdict: { candidate: each.candidate, ...(each.control ? { control: each.control } : {}) },
  }));
  const own = records.flatMap((record) => (record.verdict ? [{ label: formatTime(timeOf(record)), note: `${(record.verdict.outcome ?? '').replaceAll('-', ' ')}${record === current ? ', shown' : ''}`, verdict: record.verdict }] : []));
  return [...own.slice(0, 20), ...benchmarks];
}

function ArtefactCard({ service, record, newest }: { service: string; record: PgoRecord; newest: boolean }) {
  const { artefact } = record;
  const details = useQuery(`record ${service} ${record.id}`, (signal) => fetchRecord(service, record.id, signal));
  return (
    <section class="card side" aria-label="Artefact">
      <h2>{newest ? 'Current artefact' : 'Artefact'}</h2>
      {!artefact && <p>This record came without an artefact.</p>}
      {artefact && (
        <>
          <dl class="facts">
            <Fact name="Made" value={`${formatTime(timeOf(record))}, ${formatAge(timeOf(record), Date.now())}`} />
            <Fact name="Samples" value={artefact.samples === undefined ? '' : formatCount(artefact.samples)} />
            <Fact name="Window" value={windowOf(artefact)} />
            <Fact name="From" value={[artefact.selector, artefact.profile_type].filter(Boolean).join(', ')} />
            <Fact name="Grade" value={artefact.grade ?? ''} />
            <Fact name="Call edges" value={artefact.edges === undefined ? '' : `${formatCount(artefact.edges)}, hot ${formatCount(artefact.hot_edges ?? 0)}`} />
            <Fact name="Size" value={sizeOf(artefact)} />
            <Fact name="SHA-256" value={artefact.sha256 ?? ''} />
            <Fact name="Toolchain" value={record.toolchain ?? ''} />
            <Fact name="Kept" value={record.kept === undefined ? '' : `${record.kept ? 'yes' : 'no'}${record.reason ? `; ${record.reason}` : ''}`} />
            <Fact name="Compiler" value={Object.entries(record.compiler ?? {}).map(([name, value]) => `${name.replaceAll('_', ' ')} ${formatCount(value)}`).join(' · ')} />
            {Object.entries(details.data?.measures ?? {}).map(([name, value]) => (
              <Fact key={name} name={name} value={String(value)} />
            ))}
          </dl>
          <div class="row">
            <a class="download" href={artefactUrl(service, record.id)} download="default.pgo">
              Download default.pgo
            </a>
          </div>
          <Command text={`curl -fsS -o default.pgo '${location.origin}${artefactUrl(service, record.id).replace(/'/g, '%27')}' &&\n  go build -pgo=./default.pgo .`} />
        </>
      )}
      {Object.entries(details.data?.commands ?? {}).map(
        ([name, command]) =>
          command && (
            <div key={name}>
              <p class="soft">To {visible(name)} again:</p>
              <Command text={visible(command)} />
            </div>
          ),
      )}
    </section>
  );
}

function windowOf({ window }: Artefact): string {
  const text = (at: number | string | undefined) => (typeof at === 'number' ? formatTime(at) : (at ?? ''));
  return window && (window.from || window.until) ? `${text(window.from)} – ${text(window.until)}` : '';
}

function sizeOf({ bytes, profile_bytes: before }: Artefact): string {
  if (bytes === undefined) return '';
  return `${formatValue(bytes, 'bytes')}${before ? `, from a profile of ${formatValue(before, 'bytes')}` : ''}`;
}

function Fact({ name, value }: { name: string; value: string }) {
  if (value === '') return null;
  return (
    <>
      <dt>{visible(name)}</dt>
      <dd>
        <bdi>{visible(value)}</bdi>
      </dd>
    </>
  );
}

const outcomes: Record<string, string> = {
  gain: 'Gain',
  'no-difference': 'No measurable difference',
  regression: 'Regression',
  inconclusive: 'Inconclusive',
  invalid: 'Invalid measurement',
};

const outcomeOf = ({ outcome = '' }: Verdict) => outcomes[outcome] ?? visible(outcome || 'unknown');

function VerdictCard({ record }: { record: PgoRecord }) {
  const { verdict } = record;
  return (
    <section class="card side" aria-label="Verdict">
      <h2>Verdict</h2>
      {!verdict && <p>Not verified. Whether this artefact helps is not known.</p>}
      {verdict && (
        <>
          <p class={`outcome ${verdict.outcome === 'gain' ? 'less' : verdict.outcome === 'regression' ? 'more' : ''}`}>
            <b>{outcomeOf(verdict)}</b>
            {verdict.candidate && (
              <span>
                {percentOf(verdict.candidate.ratio)} CPU <span class="soft">95 % between {percentOf(verdict.candidate.low)} and {percentOf(verdict.candidate.high)}</span>
              </span>
            )}
          </p>
          <p>{visible(verdict.sentence ?? '')}</p>
          <dl class="facts">
            <Fact name="Blocks" value={verdict.blocks === undefined ? '' : String(verdict.blocks)} />
            <Fact name="A/A floor" value={verdict.floor === undefined ? '' : `± ${formatShare(Math.exp(verdict.floor) - 1)}`} />
            <Fact name="Would be found" value={verdict.mde === undefined ? '' : `effects of ${formatShare(verdict.mde)} and more`} />
          </dl>
          {(verdict.notes ?? []).length > 0 && (
            <ul class="soft">
              {verdict.notes!.map((note) => (
                <li key={note}>{visible(note)}</li>
              ))}
            </ul>
          )}
        </>
      )}
    </section>
  );
}

/** Candidate's CPU time as a share of the baseline's. */
function cpuOf({ verdict }: PgoRecord): string {
  const ratio = verdict?.candidate?.ratio;
  return ratio === undefined ? '–' : formatShare(ratio);
}

function RecordsCard({ service, records, current, mayDelete, onDeleted }: { service: string; records: readonly PgoRecord[]; current: PgoRecord; mayDelete: boolean; onDeleted: () => void }) {
  const nameOf = (hash: string | undefined) => visible(hash?.slice(0, 12) || '–');
  return (
    <section class="card" aria-label="Records">
      <h2>Records</h2>
      <div class="scroll" tabIndex={0} role="region" aria-label="Table of records">
        <table>
          <thead>
            <tr>
              <th scope="col">When</th>
              <th scope="col">Baseline</th>
              <th scope="col">Candidate</th>
              <th scope="col">PGO</th>
              <th scope="col">CPU against baseline</th>
              <th scope="col">Verdict</th>
              <th scope="col">Show</th>
            </tr>
          </thead>
          <tbody>
            {records.map((record) => {
              const { baseline, candidate } = record.builds ?? {};
              return (
                <tr key={record.id}>
                  <td class="nowrap">{formatTime(timeOf(record))}</td>
                  <td class="mono">{nameOf(baseline?.sha256)}</td>
                  <td class="mono">{nameOf(candidate?.sha256)}</td>
                  <td class="nowrap" title={visible(candidate?.pgo ?? '')}>
                    {pgoName(baseline?.pgo)} → {pgoName(candidate?.pgo)}
                  </td>
                  <td>{cpuOf(record)}</td>
                  <td>{record.verdict ? (outcomes[record.verdict.outcome ?? ''] ?? '–') : 'not verified'}</td>
                  <td>
                    <button type="button" class="small" aria-pressed={record === current} onClick={() => change({ record: record.id })}>
                      {record === current ? 'Shown' : 'Show'}
                    </button>{' '}
                    {mayDelete && <DeleteButton service={service} record={record} onDeleted={onDeleted} />}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </section>
  );
}

/** Deleting asks once more, in place: the second press within a few seconds does it. */
function DeleteButton({ service, record, onDeleted }: { service: string; record: PgoRecord; onDeleted: () => void }) {
  const [text, setText] = useState('Delete');
  const press = async () => {
    if (text !== 'Really delete?') {
      setText('Really delete?');
      setTimeout(() => setText((now) => (now === 'Really delete?' ? 'Delete' : now)), 5000);
      return;
    }
    try {
      await deleteRecord(service, record.id);
      onDeleted();
    } catch (error) {
      setText(`Not deleted: ${error instanceof Error ? error.message : error}`);
    }
  };
  return (
    <button type="button" class="small" onClick={() => void press()} aria-label={`${text} the record of ${formatTime(timeOf(record))}`}>
      <span aria-live="polite">{visible(text)}</span>
    </button>
  );
}

function EdgesCard({ service, record }: { service: string; record: PgoRecord }) {
  const [limit, setLimit] = useState(25);
  const edges = useQuery(`edges ${service} ${record.id}`, (signal) => orNone(fetchEdges(service, record.id, signal)));
  const found = edges.data ?? [];
  return (
    <section class="card" aria-label="Hot edges">
      <h2>Hot edges, and what the compiler did about each</h2>
      {edges.loading && <Waiting what="Loading edges…" onCancel={edges.cancel} />}
      {edges.error && <ErrorNote error={edges.error} onRetry={edges.retry} />}
      {edges.data && found.length === 0 && <p>This record has no edges.</p>}
      {found.length > 0 && (
        <div class="scroll" tabIndex={0} role="region" aria-label="Table of edges">
          <table>
            <thead>
              <tr>
                <th scope="col">Caller</th>
                <th scope="col">Callee</th>
                <th scope="col" class="number">Share</th>
                <th scope="col">Compiler</th>
              </tr>
            </thead>
            <tbody>
              {found.slice(0, limit).map((edge, i) => (
                <tr key={i}>
                  <td>
                    <bdi class="mono">{display(edge.caller ?? '')}</bdi>
                    {edge.offset !== undefined && <span class="soft"> +{edge.offset}</span>}
                  </td>
                  <td>
                    <bdi class="mono">{display(edge.callee ?? '')}</bdi>
                  </td>
                  <td class="number">{edge.share === undefined ? '' : formatShare(edge.share)}</td>
                  <td>
                    <b>{visible((edge.outcome ?? 'nothing').replaceAll('-', ' '))}</b> {visible(edge.why ?? '')}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {found.length > limit && (
        <p class="row">
          <span class="soft">
            Showing {limit} of {formatCount(found.length)} edges
          </span>
          <button type="button" class="small" onClick={() => setLimit(limit + 200)}>
            Show more
          </button>
        </p>
      )}
    </section>
  );
}

interface DecisionsProps {
  service: string;
  from: PgoRecord;
  to: PgoRecord;
  records: readonly PgoRecord[];
}

function DecisionsCard({ service, from, to, records }: DecisionsProps) {
  const answer = useQuery(`decisions ${service} ${from.id} ${to.id}`, (signal) => fetchDecisions(service, from.id, to.id, signal));
  return (
    <section class="card" aria-label="Decisions gained and lost">
      <div class="row">
        <h2>Decisions since</h2>
        <select aria-label="Compared with the record of" value={from.id} onChange={(event) => change({ against: event.currentTarget.value })}>
          {records
            .filter((each) => each !== to)
            .map((each) => (
              <option key={each.id} value={each.id}>
                {formatTime(timeOf(each))}
              </option>
            ))}
        </select>
        {answer.data && <span class="soft">{formatCount(answer.data.kept ?? 0)} are the same</span>}
      </div>
      {answer.error && <ErrorNote error={answer.error} onRetry={answer.retry} />}
      {answer.data && (
        <>
          <DecisionList title="Gained" sign="+" decisions={answer.data.gained ?? []} />
          <DecisionList title="Lost" sign="−" decisions={answer.data.lost ?? []} />
        </>
      )}
    </section>
  );
}

function DecisionList({ title, sign, decisions }: { title: string; sign: string; decisions: readonly Decision[] }) {
  const most = 100;
  return (
    <>
      <h3>
        {title}: {formatCount(decisions.length)}
        {decisions.length > most && ` (the first ${most} are shown)`}
      </h3>
      <ul class="decisions">
        {decisions.slice(0, most).map((each, i) => (
          <li key={i}>
            <b>{sign}</b> {visible(each.kind ?? '')} <bdi class="mono">{display(each.callee ?? '')}</bdi> in{' '}
            <bdi class="mono">{display(each.caller ?? '')}</bdi> <span class="soft">{visible([each.package, each.position].filter(Boolean).join(' '))}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
