/** What there is in a project: what the Explorer's frame shows and offers to choose from. */
import { definitionKinds, errors, metaAnswer, type DefinitionKind, type Meta } from '@touchline/schemas/api'
import { query, queryRows, type NamedQuery, type Reader } from '../../clickhouse/query.js'
import { asOfParam } from '../../definitions/sql/bag.js'
import { listDefinitions, readDefinition } from '../../definitions/documents/read.js'
import { touchesOf, touchSettings } from '../../definitions/sql/touches.js'
import { universeOf } from '../../definitions/sql/universe.js'
import { models } from '../../journeys/attribution/attribution-question.js'
import { projectOf, readerFor, type Api, type TimelineDeps } from '../context.js'
import { zoneOf } from '../zone.js'
import { isoTime } from '../../clock.js'

type Counted = Pick<Meta, 'events' | 'people' | 'accounts' | 'channels'>

/** Counting millions takes a second; every page asks. */
const keepCountedMs = 5_000
const mostProjects = 1_000

export function addMeta(api: Api, deps: TimelineDeps): void {
  const counted = new Map<string, { at: number; counts: Promise<Counted> }>()

  /** Cached per project for `keepCountedMs`; a failed count is not cached. */
  function countsOf(reader: Reader): Promise<Counted> {
    const at = performance.now()
    const known = counted.get(reader.project)
    if (known && at - known.at < keepCountedMs) return known.counts
    const counts = count(reader)
    if (counted.size >= mostProjects) counted.clear()
    counted.set(reader.project, { at, counts })
    counts.catch(() => counted.delete(reader.project))
    return counts
  }

  api.route({
    method: 'GET',
    url: '/v1/meta',
    schema: {
      summary: 'What there is in the project: how much, since when, and which definitions',
      description: 'Counts are some seconds old at most.',
      tags: ['Explorer'],
      response: { 200: metaAnswer, ...errors },
    },
    async handler(request) {
      const project = projectOf(request, deps)
      const reader = readerFor(request, deps)
      const [counts, stages, goals, segments, scores, programs] = await Promise.all([
        countsOf(reader),
        stagesOf(reader),
        ...(['goals', 'segments', 'scores', 'programs'] as const).map((kind) => namedOf(reader, kind)),
      ])
      return {
        project: { id: project.id, name: project.name ?? project.id },
        zone: zoneOf(project),
        currency: project.currency ?? '',
        version: deps.session?.version ?? '',
        now: isoTime(deps.clock()),
        ...counts,
        stages,
        goals: goals ?? [],
        segments: segments ?? [],
        scores: scores ?? [],
        programs: programs ?? [],
        models: [...models],
      }
    },
  })
}

async function stagesOf(reader: Reader): Promise<Meta['stages']> {
  const list = await readDefinition(reader, 'stages', 'default')
  return list?.body.stages.map(({ id, name }) => ({ id, name: name ?? id })) ?? []
}

/** Empty for a kind that this version does not know. */
async function namedOf(reader: Reader, kind: string): Promise<Meta['goals']> {
  if (!(definitionKinds as readonly string[]).includes(kind)) return []
  const all = await listDefinitions(reader, kind as DefinitionKind)
  return all.map(({ id, name }) => ({ id, name: name === '' ? id : name }))
}

const eventsQuery: NamedQuery = {
  name: 'meta-events',
  sql: `
SELECT count() AS total, toUnixTimestamp64Milli(min(occurred_at)) AS first, toUnixTimestamp64Milli(max(occurred_at)) AS last
FROM events WHERE project = {project: String}`,
}

const subjectsQuery: NamedQuery = {
  name: 'meta-subjects',
  sql: `
SELECT (SELECT uniqExact(key) FROM ${universeOf('person')}) AS people, (SELECT uniqExact(key) FROM ${universeOf('account')}) AS accounts`,
  settings: touchSettings,
}

const channelsQuery: NamedQuery = {
  name: 'meta-channels',
  sql: `
SELECT toString(channel) AS name FROM ${touchesOf('person')} WHERE channel != ''
GROUP BY channel ORDER BY count() DESC, name LIMIT 100`,
  settings: touchSettings,
}

const everything = asOfParam(Date.UTC(2200, 0, 1))

async function count(reader: Reader): Promise<Counted> {
  const [[events], [subjects], channels] = await Promise.all([
    query<{ total: number; first: number; last: number }>(reader, eventsQuery),
    queryRows<[people: number, accounts: number]>(reader, subjectsQuery, everything),
    query<{ name: string }>(reader, channelsQuery, everything),
  ])
  const { total = 0, first = 0, last = 0 } = events ?? {}
  const [people = 0, accounts = 0] = subjects ?? []
  return {
    events: { total, first: total === 0 ? null : isoTime(first), last: total === 0 ? null : isoTime(last) },
    people,
    accounts,
    channels: channels.map(({ name }) => name),
  }
}
