import { Channel } from '../../parts/channels.js'
import { Table, type Column } from '../../parts/table.js'
import { Time } from '../../parts/time.js'
import { Link } from '../../url/link.js'
import { hrefOf } from '../../url/url.js'
import { firstFrom, type Journey } from '../journey/journey.js'
import type { Tell } from '../tell.js'
import type { MapState } from '../use-map.js'

const mostRows = 500

/** The same journey as a table: touch by touch, or person by person where the server has folded it. */
export function MapTable(props: { journey: Journey; map: MapState; tell: Tell; slots: readonly number[] }) {
  return props.journey.isFolded ? <PeopleTable {...props} /> : <TouchTable {...props} />
}

function TouchTable({
  journey,
  map,
  tell,
  slots,
}: {
  journey: Journey
  map: MapState
  tell: Tell
  slots: readonly number[]
}) {
  const { t, formats } = tell
  const marks = marksInWindow(journey, map)
  const columns: Column<number>[] = [
    { id: 'time', title: t.time, cell: (mark) => <Time at={journey.at[mark]} /> },
    {
      id: 'person',
      title: t.person,
      cell: (mark) => {
        const person = journey.person[mark] ?? 0
        const id = journey.people[person]?.id ?? ''
        return <Link href={hrefOf(`/people/${encodeURIComponent(id)}`)}>{tell.person(person)}</Link>
      },
    },
    { id: 'kind', title: t.kind, cell: (mark) => tell.kind(mark) },
    {
      id: 'name',
      title: t.name,
      is: 'wide',
      cell: (mark) => (
        <button type="button" class="plain cut" onClick={() => map.select(mark)}>
          {tell.touch(mark)}
        </button>
      ),
    },
    {
      id: 'channel',
      title: t.channel,
      cell: (mark) => {
        const channel = journey.channel[mark] ?? 0
        return <Channel name={journey.channels[channel] ?? ''} slot={slots[channel] ?? 0} />
      },
    },
    {
      id: 'direction',
      title: t.direction,
      cell: (mark) => (journey.isOutbound[mark] === 1 ? t.outbound : t.inbound),
    },
  ]
  if (marks.length === 0) return <p>{t.nothing}</p>
  return (
    <>
      {marks.length > mostRows && (
        <p class="muted">{t.shownOf(formats.number(mostRows), formats.number(marks.length))}</p>
      )}
      <Table caption={t.map} columns={columns} rows={marks.slice(0, mostRows)} keyOf={(mark) => mark} />
    </>
  )
}

/** Those of the lit channels; a table has no dimmed rows. */
export function marksInWindow(journey: Journey, { window, lit }: Pick<MapState, 'window' | 'lit'>): number[] {
  const marks: number[] = []
  for (let mark = firstFrom(journey, window.from); mark < firstFrom(journey, window.to); mark += 1)
    if (lit === undefined || lit.has(journey.channel[mark] ?? 0)) marks.push(mark)
  return marks
}

function PeopleTable({ journey, tell: { t, formats, person } }: { journey: Journey; tell: Tell }) {
  const columns: Column<number>[] = [
    {
      id: 'person',
      title: t.person,
      is: 'wide',
      cell: (index) => (
        <Link href={hrefOf(`/people/${encodeURIComponent(journey.people[index]?.id ?? '')}`)}>
          {person(index)}
        </Link>
      ),
    },
    {
      id: 'touches',
      title: t.touchesColumn,
      is: 'number',
      cell: (index) => formats.number(journey.people[index]?.touches ?? 0),
    },
    { id: 'first', title: t.first, cell: (index) => <Time at={journey.people[index]?.first} as="date" /> },
    { id: 'last', title: t.lastColumn, cell: (index) => <Time at={journey.people[index]?.last} as="date" /> },
  ]
  return (
    <Table
      caption={t.map}
      columns={columns}
      rows={journey.people.map((_, index) => index)}
      keyOf={(index) => index}
    />
  )
}
