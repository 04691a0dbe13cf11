/** The most walked paths, and how often one step follows another. */
import { queryRows, type Reader } from '../clickhouse/query.js'
import { touchpointTables, touchesOf } from '../definitions/sql/touches.js'
import { usedGoals, type UsedDefinition } from './goals.js'
import { namesOfTouches, requireKnown } from './known-row.js'
import { fragment, settings, type Fragment } from './question.js'
import { touchWords } from './summary.js'
import { walksSql, type Tied, type WalksAsk } from './walks.js'

export const pathKeys = ['channel', 'name', 'kind'] as const

export interface PathsAsk extends WalksAsk {
  limit: number
}

/** Where every path begins and ends. */
export const nodes = {
  start: '(start)',
  conversion: '(conversion)',
  end: '(end)',
  further: '(further)',
} as const

export interface WalkedPath {
  steps: string[]
  subjects: number
  converted: number
  /** null where no goal is asked for. */
  rate: number | null
  /** From the first touch to the conversion, of those that converted. */
  medianDays: number | null
}

export interface PathEdge {
  from: string
  to: string
  count: number
  subjects: number
}

export interface Paths {
  subjects: number
  converted: number
  paths: WalkedPath[]
  /** All paths that are not among the `limit` most walked. */
  other: { paths: number; subjects: number; converted: number }
  edges: PathEdge[]
  definitions: UsedDefinition[]
  touchFilter: string
}

/** More subjects than these are not named one by one; then everybody is read in the exact order. */
const mostTied = 2_000
/** Different paths that are read here; of more the edges are counted in ClickHouse. */
const mostGroups = 20_000
const mostEdges = 5_000

interface Group {
  /** Hashes of the steps. */
  steps: string[]
  subjects: number
  converted: number
  medianDays: number | null
  /** How many subjects went further than the depth, and how many of the others converted. */
  further: number
  won: number
}

interface Groups {
  all: Group[]
  /** Over all groups, read or not. */
  groups: number
  subjects: number
  converted: number
}

/** Subjects by path. Undefined where some are tied, whose order was left open. */
async function readGroups(reader: Reader, walks: Fragment): Promise<Groups | undefined> {
  const rows = await queryRows<
    [string[], number, number, number | null, number, number, number, number, number, number]
  >(
    reader,
    {
      name: 'paths',
      sql: `${walks.sql}
SELECT arrayMap(x -> toString(x), steps), count() AS n, countIf(converted) AS c, quantileExactInclusiveOrNullIf(0.5)(tookMs / 86400000, converted),
  countIf(more), countIf(converted AND NOT more), count() OVER (), sum(n) OVER (), sum(c) OVER (), sum(countIf(tied)) OVER ()
FROM walks GROUP BY steps ORDER BY n DESC, c DESC, steps LIMIT ${mostGroups}`,
      settings,
    },
    walks.params,
  )
  const [groups = 0, subjects = 0, converted = 0, tied = 0] =
    (rows[0]?.slice(6) as number[] | undefined) ?? []
  if (tied > 0) return undefined
  const all = rows.map(([steps, n, c, medianDays, further, won]) => ({
    ...{ steps, subjects: n, converted: c, medianDays, further, won },
  }))
  return { all, groups, subjects, converted }
}

/** The walks, in the exact order where that matters. */
async function readWalks(reader: Reader, ask: PathsAsk): Promise<{ walks: Fragment; groups: Groups }> {
  const quick = await walksSql(reader, ask, [])
  const found = await readGroups(reader, quick)
  if (found) return { walks: quick, groups: found }
  const walks = await walksSql(reader, ask, await readTied(reader, quick))
  const groups = await readGroups(reader, walks)
  return { walks, groups: groups ?? { all: [], groups: 0, subjects: 0, converted: 0 } }
}

async function readTied(reader: Reader, { sql, params }: Fragment): Promise<Tied> {
  const named = {
    name: 'paths-tied',
    sql: `${sql} SELECT toString(key) FROM walks WHERE tied LIMIT ${mostTied + 1}`,
    settings,
  }
  const rows = await queryRows<[string]>(reader, named, params)
  return rows.length > mostTied ? 'all' : rows.map(([key]) => key)
}

/** Names of the steps by their hashes: of any version of a touch, for a hash is only asked for where the latest has it. */
async function namesOfSteps(
  reader: Reader,
  ask: PathsAsk,
  hashes: readonly string[],
): Promise<Map<string, string>> {
  const named = {
    name: 'path-steps',
    splitBy: 'hashes',
    sql: `
SELECT toString(cityHash64(step)) AS hash, toString(step)
FROM (SELECT DISTINCT ${ask.by} AS step FROM ${touchpointTables[ask.subject]} WHERE project = {project: String})
WHERE cityHash64(step) IN (SELECT toUInt64(arrayJoin({hashes: Array(String)})))`,
  }
  return new Map(await queryRows<[string, string]>(reader, named, { hashes }))
}

/** The `limit` most walked paths, up to `depth` steps each, and the edges of all of them. */
export async function findPaths(reader: Reader, ask: PathsAsk): Promise<Paths> {
  const { walks, groups } = await readWalks(reader, ask)
  const { all, subjects, converted } = groups
  const shown = all.slice(0, ask.limit)
  const edges = groups.groups > all.length ? await readEdges(reader, walks) : edgesOf(all)
  const ends = new Set<string>(Object.values(nodes))
  const hashes = [...shown.flatMap(({ steps }) => steps), ...edges.flatMap(({ from, to }) => [from, to])]
  const names = await namesOfSteps(
    reader,
    ask,
    hashes.filter((hash) => !ends.has(hash)),
  )
  const nameOf = (hash: string) => (ends.has(hash) ? hash : (names.get(hash) ?? hash))
  const paths = shown.map((group) => ({
    steps: group.steps.map(nameOf),
    subjects: group.subjects,
    converted: group.converted,
    rate: ask.goal === undefined ? null : group.converted / group.subjects,
    medianDays: group.medianDays,
  }))
  return {
    subjects,
    converted,
    paths,
    other: {
      paths: groups.groups - paths.length,
      subjects: subjects - paths.reduce((sum, path) => sum + path.subjects, 0),
      converted: converted - paths.reduce((sum, path) => sum + path.converted, 0),
    },
    edges: edges
      .map(({ from, to, ...counts }) => ({ from: nameOf(from), to: nameOf(to), ...counts }))
      .sort((a, b) => b.count - a.count || compare(a.from, b.from) || compare(a.to, b.to)),
    definitions: usedGoals(ask.goal),
    touchFilter: `${touchWords(ask.touch)}, ${ask.by} is not empty`,
  }
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

/** The edges of these paths: each subject goes along every edge of its path, and on to one of the ends. */
function edgesOf(groups: readonly Group[]): PathEdge[] {
  const edges = new Map<string, PathEdge>()
  const go = (from: string, to: string, subjects: number, isNew: boolean) => {
    if (subjects === 0) return
    const key = `${from} ${to}`
    const edge = edges.get(key) ?? { from, to, count: 0, subjects: 0 }
    edges.set(key, {
      ...edge,
      count: edge.count + subjects,
      subjects: edge.subjects + (isNew ? subjects : 0),
    })
  }
  for (const { steps, subjects, further, won } of groups) {
    const seen = new Set<string>()
    ;[nodes.start, ...steps.slice(0, -1)].forEach((from, at) => {
      const to = steps[at] ?? ''
      go(from, to, subjects, !seen.has(`${from} ${to}`))
      seen.add(`${from} ${to}`)
    })
    const last = steps.at(-1) ?? nodes.start
    go(last, nodes.further, further, true)
    go(last, nodes.conversion, won, true)
    go(last, nodes.end, subjects - further - won, true)
  }
  return [...edges.values()].sort((a, b) => b.count - a.count).slice(0, mostEdges)
}

const visited = `arrayConcat(['${nodes.start}'], arrayMap(x -> toString(x), steps), [multiIf(more, '${nodes.further}', converted, '${nodes.conversion}', '${nodes.end}')])`

async function readEdges(reader: Reader, { sql, params }: Fragment): Promise<PathEdge[]> {
  const rows = await queryRows<[string, string, number, number]>(
    reader,
    {
      name: 'path-edges',
      sql: `${sql}
SELECT step.1, step.2, count() AS n, uniqExact(key)
FROM (SELECT key, arrayJoin(arrayZip(arrayPopBack(visited), arrayPopFront(visited))) AS step FROM (SELECT key, ${visited} AS visited FROM walks))
GROUP BY step ORDER BY n DESC, step LIMIT ${mostEdges}`,
      settings,
    },
    params,
  )
  return rows.map(([from, to, count, subjects]) => ({ from, to, count, subjects }))
}

/** Subjects with that path, or that went from one step to the next. Throws QUERY_INVALID for a step that no touch has. */
export async function subjectsOfPath(
  reader: Reader,
  ask: PathsAsk,
  row: { steps: readonly string[] } | { from: string; to: string },
): Promise<{ total: number; rows: { subject: string; converted: boolean }[] }> {
  const { walks } = await readWalks(reader, ask)
  const ends: readonly string[] = Object.values(nodes)
  const hashed = (parameter: string) => `toString(cityHash64({${parameter}: String}))`
  const node = (name: string, parameter: string) =>
    ends.includes(name) ? `{${parameter}: String}` : hashed(parameter)
  const [condition, of] =
    'steps' in row
      ? ['steps = arrayMap(x -> cityHash64(x), {steps: Array(String)})', { steps: row.steps }]
      : [
          `has(arrayZip(arrayPopBack(visited), arrayPopFront(visited)), (${node(row.from, 'a')}, ${node(row.to, 'b')}))`,
          { a: row.from, b: row.to },
        ]
  const rows = await queryRows<[string, number, number]>(
    reader,
    {
      name: 'path-subjects',
      sql: `${walks.sql}
SELECT named.subject, found.converted, count() OVER ()
FROM (SELECT key, converted, ${visited} AS visited, steps FROM walks WHERE ${condition}) AS found
INNER JOIN (SELECT key, any(subject) AS subject FROM ${touchesOf(ask.subject)} GROUP BY key) AS named ON named.key = found.key
ORDER BY named.subject LIMIT {limit: UInt32}`,
      settings,
    },
    { ...walks.params, ...of, limit: ask.limit },
  )
  if (rows.length === 0) await requireSteps(reader, ask, row)
  return {
    total: rows[0]?.[2] ?? 0,
    rows: rows.map(([subject, converted]) => ({ subject, converted: converted === 1 })),
  }
}

async function requireSteps(
  reader: Reader,
  { subject, asOf, by }: PathsAsk,
  row: { steps: readonly string[] } | { from: string; to: string },
): Promise<void> {
  const where = fragment(`${by} != ''`)
  const names = await namesOfTouches(reader, { subject, asOf, expression: by, where })
  if (names === undefined || names.length === 0) return
  if ('steps' in row) for (const step of row.steps) requireKnown(step, names, 'row')
  else for (const step of [row.from, row.to]) requireKnown(step, [...Object.values(nodes), ...names], 'row')
}
