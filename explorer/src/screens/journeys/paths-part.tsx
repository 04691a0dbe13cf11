import { useMemo } from 'preact/hooks'
import { useResource } from '../../api/resource.js'
import { useKey } from '../../frame/keys.js'
import { useReady } from '../../frame/ready.js'
import { useWords } from '../../i18n/dictionary.js'
import { useFormats } from '../../i18n/formats.js'
import { Answer } from '../../parts/answer.js'
import { Opens } from '../../parts/behind.js'
import { Channel } from '../../parts/channels.js'
import { downloadCsv } from '../../parts/csv.js'
import { Pick } from '../../parts/pick.js'
import { Table, type Column } from '../../parts/table.js'
import { displayText } from '../../parts/text.js'
import { setQuery, useQuery } from '../../url/url.js'
import { pathKeys, pathsOf, type JourneysQuery, type Paths } from './queries.js'
import { Sankey } from './sankey.js'
import { flowOf, pathsThrough } from './shape.js'
import { words } from './words.js'

type Path = Paths['paths'][number]
const mostListed = 20

/** What the first five steps are, as a flow and as a table. */
export function PathsPart({ query }: { query: JourneysQuery }) {
  const t = useWords(words)
  const answer = useResource(pathsOf(query))
  const [through] = useQuery('through')
  const { data, isOld, error } = answer
  useReady((data !== undefined && !isOld) || error !== undefined)
  useKey('t', () => setQuery({ view: query.isTable ? null : 'table' }, { push: true }))
  useKey('e', query.open === null ? () => data && saveCsv(data.paths) : undefined)
  return (
    <>
      <div class="bar">
        <Pick
          label={t.by}
          value={query.by}
          options={pathKeys.map((id) => ({ id, name: t[`by.${id}`] }))}
          pick={(id) =>
            setQuery({ by: id === 'channel' ? null : id, open: null, through: null }, { push: true })
          }
        />
        <button
          type="button"
          aria-keyshortcuts="t"
          onClick={() => setQuery({ view: query.isTable ? null : 'table' }, { push: true })}
        >
          {query.isTable ? t.picture : t.table}
        </button>
      </div>
      <Answer of={answer}>
        {(one) => (
          <>
            {!query.isTable && <Flow paths={one.paths} by={query.by} through={through} />}
            <PathTable answer={one} through={query.isTable ? null : through} by={query.by} />
          </>
        )}
      </Answer>
    </>
  )
}

function Flow({
  paths,
  by,
  through,
}: {
  paths: readonly Path[]
  by: JourneysQuery['by']
  through: string | null
}) {
  const t = useWords(words)
  const flow = useMemo(() => flowOf([...paths]), [paths])
  if (flow.links.length === 0) return null
  return (
    <section class="block">
      <Sankey
        flow={flow}
        isChannel={by === 'channel'}
        chosen={through}
        choose={(id) => setQuery({ through: id === through ? null : id })}
      />
      <p class="notes">{t.sankeyNote}</p>
    </section>
  )
}

function PathTable({
  answer,
  through,
  by,
}: {
  answer: Paths
  through: string | null
  by: JourneysQuery['by']
}) {
  const t = useWords(words)
  const formats = useFormats()
  const rows = pathsThrough(answer.paths, through)
  const columns: Column<Path>[] = [
    {
      id: 'steps',
      title: t.steps,
      cell: ({ steps }) => <Steps steps={steps} isChannel={by === 'channel'} />,
    },
    {
      id: 'subjects',
      title: answer.subject === 'account' ? t.accounts : t.people,
      is: 'number',
      cell: ({ steps, subjects }) => (
        <Opens what={t.open} open={() => setQuery({ open: `path:${JSON.stringify(steps)}` }, { push: true })}>
          {formats.number(subjects)}
        </Opens>
      ),
    },
    {
      id: 'rate',
      title: t.rate,
      is: 'number',
      cell: ({ rate, converted }) =>
        rate === null ? '' : `${formats.number(converted)} · ${formats.percent(rate, 0)}`,
    },
    {
      id: 'days',
      title: t.medianDays,
      is: 'number',
      cell: ({ medianDays }) => (medianDays === null ? '' : formats.number(Math.round(medianDays))),
    },
  ]
  const left = rows.length - mostListed + (through === null ? answer.other.paths : 0)
  return (
    <section class="block">
      <h2>{t.pathTable}</h2>
      <Table
        caption={t.pathTable}
        isCaptionUnseen
        columns={columns}
        rows={rows.slice(0, mostListed)}
        keyOf={({ steps }) => steps.join('\n')}
      />
      {left > 0 && <p class="notes">{t.otherPaths(formats.number(left))}</p>}
    </section>
  )
}

function Steps({ steps, isChannel }: { steps: readonly string[]; isChannel: boolean }) {
  return (
    <span class="steps">
      {steps.map((step, index) => (
        <span key={index}>
          {index > 0 && (
            <span class="muted" aria-hidden="true">
              →{' '}
            </span>
          )}
          {isChannel ? <Channel name={step} /> : displayText(step, 60)}
        </span>
      ))}
    </span>
  )
}

function saveCsv(paths: readonly Path[]): void {
  downloadCsv(
    'first-steps',
    ['steps', 'subjects', 'converted', 'rate', 'medianDays'],
    paths.map(({ steps, subjects, converted, rate, medianDays }) => [
      steps.join(' → '),
      subjects,
      converted,
      rate,
      medianDays,
    ]),
  )
}
