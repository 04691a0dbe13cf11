/** One box for everything: people, accounts, events by their id, names of events. */
import { errors, searchAnswer, searchQuery, type SearchRow } from '@touchline/schemas/api'
import type { Reader } from '../../clickhouse/query.js'
import { readTraitsOf } from '../../journeys/listed-traits.js'
import { displayNameOf, textOf } from '../../journeys/map/display-name.js'
import { searchAccounts, searchEventNames, searchPeople } from '../../timeline/search.js'
import { readById } from '../../touchpoints/rows.js'
import { readerFor, type Api, type TimelineDeps } from '../context.js'
import { isoTime } from '../../clock.js'

export function addSearch(api: Api, deps: TimelineDeps): void {
  api.route({
    method: 'GET',
    url: '/v1/search',
    schema: {
      summary: 'People, accounts, names of events by a part of them, and an event by its messageId',
      tags: ['Explorer'],
      querystring: searchQuery,
      response: { 200: searchAnswer, ...errors },
    },
    async handler(request) {
      const reader = readerFor(request, deps)
      const { q, limit } = request.query
      const [events, accounts, people, names] = await Promise.all([
        eventRows(reader, q),
        accountRows(reader, q, { limit, now: deps.clock() }),
        personRows(reader, q, { limit, now: deps.clock() }),
        nameRows(reader, q, limit),
      ])
      return { rows: shared([events, accounts, people, names], limit) }
    },
  })
}

/** Each kind its part, in turns, so that many of one kind hide none of another; kind by kind in the answer. */
function shared(kinds: readonly (readonly SearchRow[])[], limit: number): SearchRow[] {
  const taken = kinds.map(() => 0)
  let left = limit
  for (let isMore = true; isMore && left > 0;) {
    isMore = false
    for (const [place, rows] of kinds.entries()) {
      if (left === 0 || (taken[place] ?? 0) >= rows.length) continue
      taken[place] = (taken[place] ?? 0) + 1
      left -= 1
      isMore = true
    }
  }
  return kinds.flatMap((rows, place) => rows.slice(0, taken[place]))
}

/** Shorter texts are words, not ids; looking for one reads an index of everything. */
const shortestId = 6

async function eventRows(reader: Reader, q: string): Promise<SearchRow[]> {
  if (q.length < shortestId || /\s/.test(q)) return []
  const event = await readById(reader, q)
  if (event === undefined) return []
  const { messageId, type, name, at, subject } = event
  return [
    {
      type: 'event',
      id: messageId,
      name: name === '' ? type : name,
      detail: `${type} · ${subject} · ${isoTime(at)}`,
    },
  ]
}

interface Wanted {
  limit: number
  now: number
}

async function accountRows(reader: Reader, q: string, { limit, now }: Wanted): Promise<SearchRow[]> {
  const found = await searchAccounts(reader, q, limit)
  const traits = await readTraitsOf(
    reader,
    'account',
    found.map(({ id }) => id),
    now,
  )
  return found.map(({ id, people }) => {
    const said = traits.get(id) ?? {}
    const domain = textOf(said, ['domain', 'website'])
    const parts = [domain, people === 1 ? '1 person' : `${people} people`].filter(
      (part) => part !== undefined,
    )
    return { type: 'account', id, name: textOf(said, ['name']) ?? id, detail: parts.join(' · ') }
  })
}

async function personRows(reader: Reader, q: string, { limit, now }: Wanted): Promise<SearchRow[]> {
  const found = await searchPeople(reader, q, limit)
  const traits = await readTraitsOf(
    reader,
    'person',
    found.map(({ id }) => id),
    now,
  )
  return found.map(({ id, accounts }) => {
    const said = traits.get(id) ?? {}
    const name = displayNameOf(id, said)
    const parts = [textOf(said, ['email']), accounts.at(-1)?.account].filter(
      (part) => part !== undefined && part !== name,
    )
    return { type: 'person', id, name, detail: [id, ...parts].join(' · ') }
  })
}

async function nameRows(reader: Reader, q: string, limit: number): Promise<SearchRow[]> {
  const found = await searchEventNames(reader, q, limit)
  return found.map(({ name, touches, last }) => ({
    type: 'eventName',
    id: name,
    name,
    detail: `${touches} · ${last.slice(0, 10)}`,
  }))
}
