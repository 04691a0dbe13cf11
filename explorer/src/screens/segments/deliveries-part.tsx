import type { Meta } from '@touchline/schemas/api'
import { useState } from 'preact/hooks'
import { send } from '../../api/client.js'
import type { SentTo } from '../../api/endpoints.js'
import { useResource, type Resource } from '../../api/resource.js'
import { useSession } from '../../api/session.js'
import { ErrorPanel } from '../../frame/error-panel.js'
import { useReady } from '../../frame/ready.js'
import { useWords } from '../../i18n/dictionary.js'
import { useFormats } from '../../i18n/formats.js'
import { Answer } from '../../parts/answer.js'
import { SubjectLink } from '../../parts/behind.js'
import { Pick } from '../../parts/pick.js'
import { Table, type Column } from '../../parts/table.js'
import { displayText } from '../../parts/text.js'
import { Time } from '../../parts/time.js'
import { useQuery } from '../../url/url.js'
import { EndpointsTable } from './endpoints-table.js'
import { ask, type Delivery, type DeliveryState } from './queries.js'
import { words } from './words.js'

interface DeliveriesPartProps {
  endpoints: Resource<SentTo>
  programs: Meta['programs']
}

const states = ['waiting', 'delivered', 'gaveUp'] as const satisfies readonly DeliveryState[]

/** Where things go, what went out, and what came back. */
export function DeliveriesPart({ endpoints, programs }: DeliveriesPartProps) {
  const t = useWords(words)
  const [only, setOnly] = useQuery('only')
  const state = states.find((one) => one === only) ?? null
  const answer = useResource(ask.deliveries(state))
  useReady(answer.data !== undefined && !answer.isOld)
  const reload = () => {
    answer.reload()
    endpoints.reload()
  }
  const columns = useColumns(programs, reload)
  return (
    <>
      <Answer of={endpoints}>{(all) => <EndpointsTable {...all} />}</Answer>
      <section class="block">
        <h2>{t.sent}</h2>
        <p class="bar">
          <Pick
            label={t.which}
            value={state ?? ''}
            options={[
              { id: '', name: t['state.all'] },
              ...states.map((id) => ({ id, name: t[`state.${id}`] })),
            ]}
            pick={(id) => setOnly(id === '' ? null : id)}
          />
        </p>
        <Answer of={answer}>
          {({ rows }) =>
            rows.length === 0 ? (
              <p>{state === null ? t.noDeliveries : t.noSuchDeliveries}</p>
            ) : (
              <Table caption={t.sent} isCaptionUnseen columns={columns} rows={rows} keyOf={({ id }) => id} />
            )
          }
        </Answer>
      </section>
    </>
  )
}

const tones = { waiting: 'tag tag--amber', delivered: 'tag tag--green', gaveUp: 'tag tag--red' }

function useColumns(programs: Meta['programs'], reload: () => void): Column<Delivery>[] {
  const t = useWords(words)
  const formats = useFormats()
  return [
    { id: 'at', title: t.at, cell: ({ decidedAt }) => <Time at={decidedAt} /> },
    {
      id: 'state',
      title: t.state,
      cell: ({ state, nextAt }) => (
        <>
          <span class={tones[state]}>{t[`state.${state}`]}</span>
          {nextAt !== null && state === 'waiting' && (
            <span class="small muted amount">{t.next(formats.moment(nextAt))}</span>
          )}
        </>
      ),
    },
    {
      id: 'subject',
      title: t.subject,
      cell: ({ subject }) => (
        <SubjectLink id={subject} subject={subject.includes(':') ? 'person' : 'account'} />
      ),
    },
    { id: 'endpoint', title: t.endpoint, cell: ({ endpoint }) => displayText(endpoint, 40) },
    { id: 'cause', title: t.cause, cell: (row) => displayText(causeOf(row, programs), 80) },
    { id: 'attempts', title: t.attempts, is: 'number', cell: ({ attempts }) => formats.number(attempts) },
    {
      id: 'answer',
      title: t.answer,
      is: 'wide',
      cell: ({ status, answer: said, latencyMs }) => (
        <span class="said">
          {status !== null && <strong>{status === 0 ? '–' : status}</strong>}{' '}
          {latencyMs !== null && <span class="muted">{formats.latency(latencyMs)}</span>}{' '}
          {displayText(said ?? '', 120)}
        </span>
      ),
    },
    {
      id: 'replay',
      title: t.replay,
      cell: ({ id, state }) => (state === 'delivered' ? '' : <Replay id={id} done={reload} />),
    },
  ]
}

/** The program and its step, or the feed. */
function causeOf({ source, run, step }: Delivery, programs: Meta['programs']): string {
  if (source !== 'program') return run
  const program = programs.find(({ id }) => run.startsWith(`${id}:`))
  return `${program === undefined ? run : program.name || program.id} · ${step}`
}

function Replay({ id, done }: { id: string; done: () => void }) {
  const t = useWords(words)
  const mayChange = useSession()?.role === 'admin'
  const [error, setError] = useState<unknown>()
  const replay = () =>
    send(`/v1/deliveries/${encodeURIComponent(id)}/replay`, { method: 'POST' }).then(done, setError)
  return (
    <>
      <button type="button" class="plain" disabled={!mayChange} onClick={() => void replay()}>
        {t.replay}
      </button>
      {error !== undefined && <ErrorPanel error={error} />}
    </>
  )
}
