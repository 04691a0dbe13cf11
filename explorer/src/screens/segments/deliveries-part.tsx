import { useState } from 'preact/hooks'
import { send } from '../../api/client.js'
import type { Resource } from '../../api/resource.js'
import { useSession } from '../../api/session.js'
import { ErrorPanel } from '../../app/error-panel.js'
import { useReady } from '../../app/ready.js'
import { useWords } from '../../i18n/dictionary.js'
import { useFormats } from '../../i18n/formats.js'
import { Answer } from '../../parts/answer.js'
import { SubjectLink } from '../../parts/behind.js'
import { Table, type Column } from '../../parts/table.js'
import { shown } from '../../parts/text.js'
import { Time } from '../../parts/time.js'
import type { Deliveries, Delivery } from './queries.js'
import { words } from './words.js'

/** What went out, and what came back. */
export function DeliveriesPart({ answer }: { answer: Resource<Deliveries> }) {
  const t = useWords(words)
  useReady(answer.data !== undefined)
  const columns = useColumns(answer.reload)
  return (
    <Answer of={answer}>
      {({ rows }) =>
        rows.length === 0 ? (
          <p>{t.noDeliveries}</p>
        ) : (
          <Table
            caption={t['part.deliveries']}
            isCaptionUnseen
            columns={columns}
            rows={rows}
            keyOf={({ id }) => id}
          />
        )
      }
    </Answer>
  )
}

const tones = { waiting: 'tag tag--amber', delivered: 'tag tag--green', gaveUp: 'tag tag--red' }

function useColumns(reload: () => void): Column<Delivery>[] {
  const t = useWords(words)
  const formats = useFormats()
  return [
    { id: 'at', title: t.at, cell: ({ decidedAt }) => <Time at={decidedAt} /> },
    { id: 'endpoint', title: t.endpoint, cell: ({ endpoint }) => shown(endpoint, 40) },
    {
      id: 'subject',
      title: t.subject,
      cell: ({ subject }) => (
        <SubjectLink id={subject} subject={subject.includes(':') ? 'person' : 'account'} />
      ),
    },
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
    { id: 'attempts', title: t.attempts, is: 'number', cell: ({ attempts }) => formats.number(attempts) },
    {
      id: 'answer',
      title: t.answer,
      is: 'wide',
      cell: ({ status, answer: said, latencyMs }) => (
        <span class="said">
          {status !== null && <strong>{status === 0 ? '–' : status}</strong>}{' '}
          {latencyMs !== null && <span class="muted">{formats.span(latencyMs)}</span>}{' '}
          {shown(said ?? '', 120)}
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
