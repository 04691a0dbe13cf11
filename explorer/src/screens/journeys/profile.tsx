import { useResource } from '../../api/resource.js'
import { useKey } from '../../frame/keys.js'
import { useReady } from '../../frame/ready.js'
import { useWords } from '../../i18n/dictionary.js'
import { useFormats } from '../../i18n/formats.js'
import { Answer } from '../../parts/answer.js'
import { Opens } from '../../parts/behind.js'
import { downloadCsv } from '../../parts/csv.js'
import { Table, type Column } from '../../parts/table.js'
import { displayText } from '../../parts/text.js'
import { setQuery, useQuery } from '../../url/url.js'
import { icpOf, personasOf, type Icp, type JourneysQuery, type Personas } from './queries.js'
import { words } from './words.js'

type Finding = Icp['findings'][number]
type Persona = Personas['personas'][number]

/** Who buys: what won accounts have in common, each finding with its evidence, and who of their people was there. */
export function Profile({ query }: { query: JourneysQuery }) {
  const t = useWords(words)
  const icp = useResource(icpOf(query))
  const personas = useResource(personasOf(query))
  const [only, setOnly] = useQuery('only')
  const isDone = (one: typeof icp | typeof personas) =>
    (one.data !== undefined && !one.isOld) || one.error !== undefined
  useReady(query.lost === undefined || (isDone(icp) && isDone(personas)))
  useKey('e', query.open === null ? () => icp.data && saveCsv(icp.data.findings) : undefined)
  const columns = useFindingColumns()
  const personaColumns = usePersonaColumns()
  if (query.lost === undefined) return <p>{t.needsLost}</p>
  const isAll = only === 'all'
  return (
    <>
      <section class="block">
        <h2>{t.icp}</h2>
        <Answer of={icp}>
          {({ findings, closed, won, baseRate }) => (
            <>
              <Base closed={closed} won={won} rate={baseRate} />
              {closed > 0 && (
                <>
                  <p class="bar">
                    <button
                      type="button"
                      class="chip"
                      aria-pressed={!isAll}
                      onClick={() => setOnly(isAll ? null : 'all')}
                    >
                      {t.findingsOnly}
                    </button>
                  </p>
                  <Findings findings={findings} isAll={isAll} columns={columns} />
                </>
              )}
            </>
          )}
        </Answer>
      </section>
      <section class="block">
        <h2>{t.personas}</h2>
        <Answer of={personas}>{(one) => <PersonaTable answer={one} columns={personaColumns} />}</Answer>
      </section>
    </>
  )
}

function Base({ closed, won, rate }: { closed: number; won: number; rate: number | null }) {
  const t = useWords(words)
  const formats = useFormats()
  return (
    <p class="lead">
      {closed === 0 || rate === null
        ? t.noClosed
        : t.icpBase(formats.percent(rate, 0), formats.number(won), formats.number(closed))}
    </p>
  )
}

function Findings(props: { findings: Icp['findings']; isAll: boolean; columns: Column<Finding>[] }) {
  const t = useWords(words)
  const rows = props.isAll ? props.findings : props.findings.filter(({ isSignificant }) => isSignificant)
  return rows.length === 0 ? (
    <p>{t.noFindings}</p>
  ) : (
    <Table
      caption={t.icp}
      isCaptionUnseen
      columns={props.columns}
      rows={rows}
      keyOf={({ trait, value }) => `${trait}=${value}`}
    />
  )
}

function PersonaTable({ answer, columns }: { answer: Personas; columns: Column<Persona>[] }) {
  const t = useWords(words)
  const formats = useFormats()
  if (answer.personas.length === 0) return <p class="muted">{t.noClosed}</p>
  const { mean } = answer.perWonJourney
  return (
    <>
      <Table
        caption={t.personas}
        isCaptionUnseen
        columns={columns}
        rows={answer.personas}
        keyOf={({ persona }) => persona}
      />
      {mean !== null && <p class="notes">{t.perWon(formats.number(Math.round(mean * 10) / 10))}</p>}
    </>
  )
}

/** Lift with the interval of the rate as a line: what of it may be chance is seen at once. */
function useEvidence() {
  const t = useWords(words)
  const formats = useFormats()
  return <Row extends Omit<Finding, 'trait' | 'value'>>(): Column<Row>[] => [
    {
      id: 'lift',
      title: t.lift,
      is: 'number',
      cell: ({ lift, isSignificant }) => (
        <>
          {isSignificant && (
            <span class={(lift ?? 1) > 1 ? 'tag tag--green' : 'tag tag--red'}>{t.finding}</span>
          )}{' '}
          {lift === null ? '–' : `× ${formats.number(Math.round(lift * 100) / 100)}`}
        </>
      ),
    },
    {
      id: 'interval',
      title: t.interval,
      cell: ({ wilson95, rate }) =>
        wilson95 === null ? (
          ''
        ) : (
          <span class="interval">
            <Interval low={wilson95[0]} high={wilson95[1]} at={rate} />
            {formats.percent(wilson95[0], 0)} – {formats.percent(wilson95[1], 0)}
          </span>
        ),
    },
    { id: 'q', title: t.q, is: 'number', cell: ({ q }) => (q < 0.001 ? '< 0.001' : q.toFixed(3)) },
  ]
}

function Interval({ low, high, at }: { low: number; high: number; at: number }) {
  return (
    <svg class="interval-mark" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
      <rect x="0" y="3.5" width="100" height="1" class="interval-mark__all" />
      <rect
        x={low * 100}
        y="2.5"
        width={Math.max(1, (high - low) * 100)}
        height="3"
        class="interval-mark__range"
      />
      <rect x={Math.min(98, at * 100)} y="0" width="2" height="8" class="interval-mark__at" />
    </svg>
  )
}

function useFindingColumns(): Column<Finding>[] {
  const t = useWords(words)
  const formats = useFormats()
  const evidence = useEvidence()
  return [
    { id: 'trait', title: t.trait, cell: ({ trait }) => displayText(trait, 40) },
    { id: 'value', title: t.value, cell: ({ value }) => <span class="said">{displayText(value, 60)}</span> },
    {
      id: 'won',
      title: t.won,
      is: 'number',
      cell: ({ trait, value, won, n, rate }) => (
        <Opens what={t.open} open={() => setQuery({ open: `icp:${trait}=${value}` }, { push: true })}>
          {formats.number(won)} / {formats.number(n)} · {formats.percent(rate, 0)}
        </Opens>
      ),
    },
    ...evidence<Finding>(),
  ]
}

function usePersonaColumns(): Column<Persona>[] {
  const t = useWords(words)
  const formats = useFormats()
  const evidence = useEvidence()
  return [
    { id: 'persona', title: t.persona, cell: ({ persona }) => displayText(persona, 60) },
    {
      id: 'people',
      title: t.people,
      is: 'number',
      cell: ({ persona, people }) => (
        <Opens what={t.open} open={() => setQuery({ open: `persona:${persona}` }, { push: true })}>
          {formats.number(people)}
        </Opens>
      ),
    },
    {
      id: 'wonLost',
      title: t.wonLost,
      is: 'number',
      cell: ({ won, lost }) => `${formats.number(won)} / ${formats.number(lost)}`,
    },
    ...evidence<Persona>(),
    {
      id: 'day',
      title: t.day,
      is: 'number',
      cell: ({ medianDay }) => (medianDay === null ? '' : formats.number(Math.round(medianDay))),
    },
    { id: 'first', title: t.firstTouch, cell: ({ firstTouch }) => displayText(firstTouch ?? '', 60) },
  ]
}

function saveCsv(findings: Icp['findings']): void {
  downloadCsv(
    'who-buys',
    ['trait', 'value', 'n', 'won', 'rate', 'lift', 'low95', 'high95', 'p', 'q', 'isSignificant'],
    findings.map(({ trait, value, n, won, rate, lift, wilson95, p, q, isSignificant }) => [
      trait,
      value,
      n,
      won,
      rate,
      lift,
      wilson95?.[0],
      wilson95?.[1],
      p,
      q,
      String(isSignificant),
    ]),
  )
}
