import type { AttributionAnswer, Meta } from '@touchline/schemas/api'
import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { endpoint } from '../../api/endpoints.js'
import { useResource } from '../../api/resource.js'
import { ErrorPanel } from '../../frame/error-panel.js'
import { useKey } from '../../frame/keys.js'
import { useReady } from '../../frame/ready.js'
import { useWords } from '../../i18n/dictionary.js'
import { useFormats } from '../../i18n/formats.js'
import { Answer } from '../../parts/answer.js'
import { Behind, type SubjectRow } from '../../parts/behind.js'
import { Code } from '../../parts/code.js'
import { Pick } from '../../parts/pick.js'
import { Tabs } from '../../parts/tabs.js'
import { displayText } from '../../parts/text.js'
import { WithMeta } from '../../parts/with-meta.js'
import { setQuery } from '../../url/url.js'
import { attributionOf, attributionParameters, useChannelsQuery, type ChannelsQuery } from './queries.js'
import { BarTable } from './bar-table.js'
import { dimensions, modelName, words } from './words.js'
import './channels.css'

/** S7: which channels bring accounts that buy? */
export default function Channels() {
  const t = useWords(words)
  return (
    <WithMeta>
      {(meta) =>
        meta.goals.length === 0 ? (
          <NoGoals />
        ) : (
          <>
            <h1 class="unseen">{t.title}</h1>
            <Asked meta={meta} />
          </>
        )
      }
    </WithMeta>
  )
}

function NoGoals() {
  const t = useWords(words)
  useReady(true)
  const goal = { name: 'Deal won', subject: 'account', when: { touch: { name: 'Deal Won' } } }
  const curl = `curl -X PUT -u sk_…: ${location.origin}/v1/definitions/goals/won \\\n  -H 'content-type: application/json' \\\n  -d '${JSON.stringify(goal)}'`
  return (
    <div class="setup">
      <h1>{t.noGoals}</h1>
      <p>{t.noGoalsHow}</p>
      <Code label={t.noGoalsHow} text={curl} />
    </div>
  )
}

function Asked({ meta }: { meta: Meta }) {
  const t = useWords(words)
  const query = useChannelsQuery(meta)
  const isTime = query.view === 'time'
  useKey('t', () => setQuery({ view: isTime ? null : 'time' }, { push: true }))
  return (
    <>
      <Controls meta={meta} query={query} />
      <Tabs
        label={t.views}
        name="view"
        now={query.view}
        tabs={[
          { id: 'bars', title: t['view.bars'] },
          { id: 'time', title: t['view.time'] },
        ]}
        without={['row']}
      />
      {isTime ? <OverTime meta={meta} query={query} /> : <Bars meta={meta} query={query} />}
    </>
  )
}

function Controls({ meta, query }: { meta: Meta; query: ChannelsQuery }) {
  const t = useWords(words)
  const models = meta.models.map((id) => ({ id, name: modelName(t, id) }))
  const set = (name: string, usual: string) => (id: string) =>
    setQuery({ [name]: id === usual ? null : id, row: null }, { push: true })
  return (
    <div class="bar">
      <Pick label={t.goal} value={query.goal} options={meta.goals} pick={set('goal', '')} />
      <Pick label={t.model} value={query.model} options={models} pick={set('model', 'linear')} />
      <Pick
        label={t.versus}
        value={query.versus ?? ''}
        options={[{ id: '', name: t.noOther }, ...models.filter(({ id }) => id !== query.model)]}
        pick={set('vs', '')}
      />
      <Pick
        label={t.by}
        value={query.by}
        options={dimensions.map((id) => ({ id, name: t[`by.${id}`] }))}
        pick={set('by', 'channel')}
      />
    </div>
  )
}

function Bars({ meta, query }: { meta: Meta; query: ChannelsQuery }) {
  const t = useWords(words)
  const answer = useResource(attributionOf(query, meta))
  const { data, isOld, error } = answer
  useReady((data !== undefined && !isOld) || error !== undefined)
  const goal = meta.goals.find(({ id }) => id === query.goal)?.name ?? query.goal
  return (
    <>
      <Answer of={answer}>
        {(one) =>
          one.conversions === 0 ? (
            <p>
              {t.none} {t.noneHow}
            </p>
          ) : (
            <>
              <Total answer={one} goal={goal} />
              <BarTable answer={one} query={query} />
              <Notes answer={one} />
            </>
          )
        }
      </Answer>
      {query.row !== null && <BehindRow meta={meta} query={query} row={query.row} answer={data} />}
    </>
  )
}

function Total({ answer, goal }: { answer: AttributionAnswer; goal: string }) {
  const t = useWords(words)
  const formats = useFormats()
  const worth = answer.total.value.map(({ amount, currency }) => formats.money(amount, currency))
  return (
    <p class="lead">
      <strong>{t.total(formats.number(answer.conversions), displayText(goal, 60))}</strong>
      {worth.length > 0 && <> · {t.worth(formats.list(worth))}</>}
    </p>
  )
}

function Notes({ answer }: { answer: AttributionAnswer }) {
  const t = useWords(words)
  const warnings = [...new Set((answer.models ?? [answer]).flatMap((model) => model.warnings))]
  return (
    <ul class="notes">
      {warnings.map((warning) => (
        <li key={warning}>{displayText(warning, 400)}</li>
      ))}
      <li>{t.touches(displayText(answer.touchFilter, 200))}</li>
    </ul>
  )
}

interface BehindRowProps {
  meta: Meta
  query: ChannelsQuery
  row: string
  answer: AttributionAnswer | undefined
}
function BehindRow({ meta, query, row, answer }: BehindRowProps) {
  const t = useWords(words)
  const formats = useFormats()
  const endpointOfRow = endpoint<{ total: number; rows: (SubjectRow & { conversions?: number | null })[] }>(
    '/v1/attribution/subjects',
    { ...attributionParameters(query, meta, [query.model]), row, limit: 1_000 },
  )
  return (
    <Behind
      title={t.ofRow(displayText(row, 60), modelName(t, query.model))}
      endpoint={endpointOfRow}
      subject={answer?.subject ?? 'account'}
      about={({ conversions }) =>
        typeof conversions === 'number' ? t.creditOf(formats.number(conversions)) : undefined
      }
      close={() => setQuery({ row: null })}
    />
  )
}

/** Brings the chart's library only to who wants the chart. */
function OverTime(props: { meta: Meta; query: ChannelsQuery }) {
  const [Part, setPart] = useState<ComponentType<typeof props>>()
  const [error, setError] = useState<unknown>()
  useReady(Part !== undefined || error !== undefined)
  useEffect(() => {
    import('./over-time.js').then(({ OverTime: part }) => setPart(() => part), setError)
  }, [])
  if (error !== undefined) return <ErrorPanel error={error} />
  return Part === undefined ? null : <Part {...props} />
}
