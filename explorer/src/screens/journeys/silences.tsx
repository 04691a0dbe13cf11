import type { Meta } from '@touchline/schemas/api'
import { useMemo } from 'preact/hooks'
import { useResource } from '../../api/resource.js'
import { ErrorPanel } from '../../frame/error-panel.js'
import { useKey } from '../../frame/keys.js'
import { useReady } from '../../frame/ready.js'
import { useWords } from '../../i18n/dictionary.js'
import { useFormats } from '../../i18n/formats.js'
import { Opens, SubjectLink } from '../../parts/behind.js'
import { downloadCsv } from '../../parts/csv.js'
import { Pick } from '../../parts/pick.js'
import { Table, type Column } from '../../parts/table.js'
import { displayText } from '../../parts/text.js'
import { Time } from '../../parts/time.js'
import { setQuery } from '../../url/url.js'
import { directions, gapsOf, mostGaps, type Gaps, type JourneysQuery } from './queries.js'
import { silencesByStage, type StageSilence } from './shape.js'
import { words } from './words.js'

const mostListed = 10

/** Where it went quiet: by stage, and who is silent longest. */
export function Silences({ meta, query }: { meta: Meta; query: JourneysQuery }) {
  const t = useWords(words)
  const formats = useFormats()
  const open = useResource(gapsOf(query, true))
  const ended = useResource(gapsOf(query, false))
  const isOld = open.isOld || ended.isOld
  const error = open.error ?? ended.error
  const byStage = useMemo(
    () =>
      silencesByStage(
        open.data?.rows ?? [],
        ended.data?.rows ?? [],
        meta.stages.map(({ id }) => id),
      ),
    [open.data, ended.data, meta],
  )
  useReady((open.data !== undefined && ended.data !== undefined && !isOld) || error !== undefined)
  useKey('e', query.open === null ? () => open.data && saveCsv(open.data.rows) : undefined)
  const columns = useColumns(meta)
  if (error !== undefined)
    return (
      <ErrorPanel
        error={error}
        retry={() => {
          open.reload()
          ended.reload()
        }}
      />
    )
  if (open.data === undefined || ended.data === undefined) return null
  const most = [open.data, ended.data].find(({ total, rows }) => total > rows.length)
  return (
    <>
      <Direction query={query} />
      <section class="block">
        <Table
          caption={t['part.silences']}
          isCaptionUnseen
          columns={columns}
          rows={byStage}
          keyOf={({ stage }) => stage ?? ''}
          isOld={isOld}
        />
        {most !== undefined && (
          <p class="notes">{t.ofLongest(formats.number(mostGaps), formats.number(most.total))}</p>
        )}
      </section>
      <section class="block">
        <h2>{t.longest}</h2>
        <Longest rows={open.data.rows.slice(0, mostListed)} meta={meta} subject={open.data.subject} />
      </section>
    </>
  )
}

function Direction({ query }: { query: JourneysQuery }) {
  const t = useWords(words)
  return (
    <div class="bar">
      <Pick
        label={t.direction}
        value={query.direction}
        options={directions.map((id) => ({ id, name: t[`direction.${id}`] }))}
        pick={(id) => setQuery({ of: id === 'any' ? null : id, open: null }, { push: true })}
      />
    </div>
  )
}

const nameOfStage = ({ stages }: Meta, id: string | null, none: string) =>
  id === null ? none : (stages.find((stage) => stage.id === id)?.name ?? id)

function useColumns(meta: Meta): Column<StageSilence>[] {
  const t = useWords(words)
  const formats = useFormats()
  const days = (value: number | null) => (value === null ? '' : formats.days(Math.floor(value)))
  return [
    {
      id: 'stage',
      title: t.stage,
      cell: ({ stage }) => displayText(nameOfStage(meta, stage, t.noStage), 60),
    },
    {
      id: 'open',
      title: t.silentNow,
      is: 'number',
      cell: ({ stage, open }) => (
        <Opens
          what={t.open}
          open={open === 0 ? undefined : () => setQuery({ open: `gap:${stage ?? ''}` }, { push: true })}
        >
          <span class={open > 0 ? 'tag tag--amber' : undefined}>{formats.number(open)}</span>
        </Opens>
      ),
    },
    { id: 'longest', title: t.longestNow, is: 'number', cell: ({ longestDays }) => days(longestDays) },
    {
      id: 'ended',
      title: t.ended,
      is: 'number',
      cell: ({ stage, ended }) => (
        <Opens
          what={t.open}
          open={ended === 0 ? undefined : () => setQuery({ open: `ended:${stage ?? ''}` }, { push: true })}
        >
          {formats.number(ended)}
        </Opens>
      ),
    },
    {
      id: 'median',
      title: t.medianEnded,
      is: 'number',
      cell: ({ medianEndedDays }) => days(medianEndedDays),
    },
  ]
}

function Longest({ rows, meta, subject }: { rows: Gaps['rows']; meta: Meta; subject: Gaps['subject'] }) {
  const t = useWords(words)
  const formats = useFormats()
  if (rows.length === 0) return <p>{t.noSilence}</p>
  const columns: Column<Gaps['rows'][number]>[] = [
    {
      id: 'subject',
      title: subject === 'account' ? t.account : t.person,
      is: 'wide',
      cell: (row) => <SubjectLink id={row.subject} subject={subject} />,
    },
    {
      id: 'stage',
      title: t.stage,
      cell: ({ stage }) => displayText(nameOfStage(meta, stage, t.noStage), 40),
    },
    { id: 'from', title: t.since, cell: ({ from }) => <Time at={from} as="date" /> },
    {
      id: 'days',
      title: t.silentFor,
      is: 'number',
      cell: ({ days }) => <span class="tag tag--amber">{formats.days(Math.floor(days))}</span>,
    },
  ]
  return (
    <Table
      caption={t.longest}
      isCaptionUnseen
      columns={columns}
      rows={rows}
      keyOf={(row) => row.subject + row.from}
    />
  )
}

function saveCsv(rows: Gaps['rows']): void {
  downloadCsv(
    'silences',
    ['subject', 'stage', 'from', 'days', 'anyDays', 'inboundDays'],
    rows.map(({ subject, stage, from, days, silentDays }) => [
      subject,
      stage,
      from,
      days,
      silentDays?.any,
      silentDays?.inbound,
    ]),
  )
}
