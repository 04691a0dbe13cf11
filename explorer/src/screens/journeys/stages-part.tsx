import { useResource } from '../../api/resource.js'
import { useKey } from '../../frame/keys.js'
import { useReady } from '../../frame/ready.js'
import { useWords } from '../../i18n/dictionary.js'
import { useFormats } from '../../i18n/formats.js'
import { Answer } from '../../parts/answer.js'
import { Bar } from '../../parts/bar.js'
import { Opens } from '../../parts/behind.js'
import { downloadCsv } from '../../parts/csv.js'
import { Table, type Column } from '../../parts/table.js'
import { displayText } from '../../parts/text.js'
import { setQuery } from '../../url/url.js'
import { stagesOf, type JourneysQuery, type Stages } from './queries.js'
import { words } from './words.js'

type Stage = Stages['stages'][number]

/** How far they come, how long it takes, and where they stop. */
export function StagesPart({ query }: { query: JourneysQuery }) {
  const t = useWords(words)
  const answer = useResource(stagesOf())
  const { data, error } = answer
  useReady(data !== undefined || error !== undefined)
  useKey('e', query.open === null ? () => data && saveCsv(data.stages) : undefined)
  const columns = useColumns(data?.stages ?? [])
  return (
    <Answer of={answer}>
      {({ stages }) => (
        <>
          <Table
            caption={t['part.stages']}
            isCaptionUnseen
            columns={columns}
            rows={stages}
            keyOf={({ id }) => id}
          />
          <p class="notes">{t.funnelNote}</p>
        </>
      )}
    </Answer>
  )
}

function useColumns(stages: readonly Stage[]): Column<Stage>[] {
  const t = useWords(words)
  const formats = useFormats()
  const first = stages[0]?.reached ?? 0
  const before = new Map(stages.map(({ id }, index) => [id, stages[index - 1]?.reached]))
  const days = (value: number | null) => (value === null ? undefined : formats.days(Math.round(value)))
  const counted = (state: string, read: (stage: Stage) => number) => (stage: Stage) => (
    <Count n={read(stage)} open={`${state}:${stage.id}`} />
  )
  return [
    { id: 'stage', title: t.stage, cell: ({ name }) => displayText(name, 60) },
    {
      id: 'bar',
      title: t.reached,
      is: 'wide',
      cell: ({ reached }) => <Bar share={first === 0 ? 0 : reached / first} />,
    },
    { id: 'reached', title: t.reached, is: 'number', cell: counted('reached', ({ reached }) => reached) },
    {
      id: 'ofPrevious',
      title: t.ofPrevious,
      is: 'number',
      cell: ({ id, reached }) => {
        const of = before.get(id)
        return of === undefined || of === 0 ? '' : formats.percent(reached / of, 0)
      },
    },
    {
      id: 'time',
      title: t.time,
      is: 'number',
      cell: ({ time }) => (
        <>
          {days(time.kaplanMeierMedianDays) ?? <span class="muted">{t.notYet}</span>}
          <span class="small muted amount">{t.withOpen(formats.number(time.open))}</span>
        </>
      ),
    },
    {
      id: 'next',
      title: t.toNext,
      is: 'number',
      cell: ({ toNext }) => (toNext === null ? '' : (days(toNext.medianDays) ?? '–')),
    },
    { id: 'current', title: t.current, is: 'number', cell: counted('current', ({ current }) => current) },
    { id: 'open', title: t.stillOpen, is: 'number', cell: counted('open', ({ open }) => open) },
    {
      id: 'dropped',
      title: t.dropped,
      is: 'number',
      cell: (stage) => <Dropped stage={stage} />,
    },
  ]
}

function Dropped({ stage: { id, droppedOff, reached } }: { stage: Stage }) {
  const formats = useFormats()
  return (
    <>
      <Count n={droppedOff} open={`dropped:${id}`} />
      {reached > 0 && droppedOff > 0 && (
        <span class="muted"> {formats.percent(droppedOff / reached, 0)}</span>
      )}
    </>
  )
}

function Count({ n, open }: { n: number; open: string }) {
  const t = useWords(words)
  const { number } = useFormats()
  return (
    <Opens what={t.open} open={n === 0 ? undefined : () => setQuery({ open }, { push: true })}>
      {number(n)}
    </Opens>
  )
}

function saveCsv(stages: readonly Stage[]): void {
  downloadCsv(
    'stages',
    [
      'id',
      'name',
      'reached',
      'entered',
      'skipped',
      'current',
      'open',
      'droppedOff',
      'kaplanMeierMedianDays',
      'stillIn',
      'medianDaysToNext',
    ],
    stages.map(({ id, name, reached, entered, skipped, current, open, droppedOff, time, toNext }) => [
      id,
      name,
      reached,
      entered,
      skipped,
      current,
      open,
      droppedOff,
      time.kaplanMeierMedianDays,
      time.open,
      toNext?.medianDays,
    ]),
  )
}
