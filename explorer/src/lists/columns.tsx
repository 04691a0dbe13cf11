/** Columns that lists of accounts and of people share. */
import type { AccountListed, PersonListed } from '../api/endpoints.js'
import { useFormats } from '../i18n/formats.js'
import { useWords } from '../i18n/dictionary.js'
import { Channel } from '../parts/channels.js'
import { Spark } from '../parts/spark.js'
import type { Column } from '../parts/table.js'
import { displayText } from '../parts/text.js'
import { Time } from '../parts/time.js'
import { setQuery } from '../url/url.js'
import type { ListQuery, Sort } from './query.js'
import { words } from './words.js'

type Listed = AccountListed | PersonListed

/** From how many days on silence is worth a colour, where somebody is in a stage. */
const quietDays = 14

/** What a header does that sorts: the first click the direction that answers more, the second the other. */
export function sorting(query: ListQuery, sort: Sort, first: 'asc' | 'desc' = 'desc') {
  const isOn = query.sort === sort
  const other = query.order === 'desc' ? 'asc' : 'desc'
  return {
    sort: () => setQuery({ sort, order: isOn ? other : first }, { push: true }),
    sorted: isOn ? (query.order === 'desc' ? ('descending' as const) : ('ascending' as const)) : undefined,
  }
}

export function useSharedColumns(query: ListQuery, stageName: (id: string) => string) {
  const t = useWords(words)
  const formats = useFormats()
  const stage: Column<Listed> = {
    id: 'stage',
    title: t.stage,
    cell: (row) =>
      row.stage ? (
        <span title={row.stageSince ? t.since(formats.date(row.stageSince)) : undefined}>
          {displayText(stageName(row.stage), 40)}
        </span>
      ) : (
        <span class="muted">–</span>
      ),
  }
  const touches: Column<Listed> = {
    id: 'touches',
    title: t.touches30d,
    is: 'number',
    ...sorting(query, 'touches30d'),
    cell: (row) => (row.touches30d === undefined ? '' : formats.number(row.touches30d)),
  }
  const weeks: Column<Listed> = {
    id: 'weeks',
    title: t.weeks,
    cell: (row) => row.weeks && <Spark weeks={row.weeks} />,
  }
  const last: Column<Listed> = {
    id: 'last',
    title: t.lastTouch,
    ...sorting(query, 'lastTouch'),
    cell: (row) => row.lastTouch && <Time at={row.lastTouch.at} as="day" />,
  }
  const channel: Column<Listed> = {
    id: 'channel',
    title: t.channel,
    cell: (row) => row.lastTouch && <Channel name={row.lastTouch.channel} />,
  }
  const silent: Column<Listed> = {
    id: 'silent',
    title: t.silent,
    is: 'number',
    ...sorting(query, 'silence'),
    cell: ({ silentDays, stage: at }) =>
      typeof silentDays === 'number' && (
        <span class={at && silentDays >= quietDays ? 'tag tag--amber' : undefined}>
          {formats.days(Math.floor(silentDays))}
        </span>
      ),
  }
  return { stage, touches, weeks, last, channel, silent }
}

export function textTrait(traits: Record<string, unknown>, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = traits[name]
    if (typeof value === 'string' && value.trim() !== '') return value
  }
  return undefined
}
