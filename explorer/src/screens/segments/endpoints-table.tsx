import type { SentTo } from '../../api/endpoints.js'
import { useWords } from '../../i18n/dictionary.js'
import { useFormats } from '../../i18n/formats.js'
import { Table, type Column } from '../../parts/table.js'
import { displayText } from '../../parts/text.js'
import { Time } from '../../parts/time.js'
import { words } from './words.js'

type Endpoint = SentTo['endpoints'][number]

/** Where it goes, and whether it arrives: what fails or cannot be sent to says why. */
export function EndpointsTable({ endpoints }: SentTo) {
  const t = useWords(words)
  return (
    <section class="block">
      <h2>{t.endpoints}</h2>
      <Table
        caption={t.endpoints}
        isCaptionUnseen
        columns={useColumns()}
        rows={endpoints}
        keyOf={({ id }) => id}
      />
    </section>
  )
}

function useColumns(): Column<Endpoint>[] {
  const t = useWords(words)
  const { number } = useFormats()
  const counted = (id: 'waiting' | 'delivered' | 'gaveUp'): Column<Endpoint> => ({
    ...{ id, title: t[`${id}Count`], is: 'number' },
    cell: (endpoint) => number(endpoint[id]),
  })
  return [
    { id: 'id', title: t.name, cell: ({ id }) => displayText(id, 40) },
    { id: 'state', title: t.state, cell: (endpoint) => <State {...endpoint} /> },
    counted('waiting'),
    counted('delivered'),
    counted('gaveUp'),
    { id: 'url', title: t.url, cell: ({ url }) => <span class="said">{displayText(url, 80)}</span> },
    {
      id: 'last',
      title: t.lastAnswer,
      is: 'wide',
      cell: ({ lastStatus, lastAnswer, lastSuccessAt, lastFailureAt }) => (
        <span class="said">
          {lastStatus !== null && <strong>{lastStatus === 0 ? '–' : lastStatus}</strong>}{' '}
          {displayText(lastAnswer ?? '', 120)}{' '}
          <span class="muted small">
            <Time at={later(lastSuccessAt, lastFailureAt)} />
          </span>
        </span>
      ),
    },
  ]
}

function State({ circuit, problem, failuresInRow }: Endpoint) {
  const t = useWords(words)
  if (problem !== null)
    return (
      <>
        <span class="tag tag--red">{t.problem}</span>{' '}
        <span class="small muted amount">{displayText(problem, 200)}</span>
      </>
    )
  const isWell = circuit === 'closed' && failuresInRow === 0
  return (
    <span class={isWell ? 'tag tag--green' : 'tag tag--amber'}>
      {isWell ? t['circuit.closed'] : t['circuit.open']}
    </span>
  )
}

const later = (one: string | null, other: string | null): string | null =>
  one === null || (other !== null && other > one) ? other : one
