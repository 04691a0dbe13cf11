/** Who would enter a program now, and what would be sent. */
import type { Clock } from '../../clock.js'
import type { Reader } from '../../clickhouse/query.js'
import { queryRows } from '../../clickhouse/query.js'
import { compileCondition } from '../../definitions/compile.js'
import type { Definition } from '../../definitions/documents/definition.js'
import { loadReferences } from '../../definitions/documents/references.js'
import { namesOf } from '../../definitions/sql/subject-names.js'
import { parseExact } from '../../exact-json.js'
import { bodyOf, needsOf, readTouches, type ScoreOfBody, type TouchOfBody } from './acting/body.js'
import { refusalOfReentry } from './entering/enter.js'
import { readActs, readEntries, type Before } from './facts.js'
import { cappedUntil } from './look.js'
import type { Act } from './machine.js'
import { readWhos, whoOf, type Who } from '../who/who.js'
import { endOfQuiet } from '../who/zone.js'
import { dayMs } from '../../units.js'

interface DryRunDeps {
  reader: Reader
  clock: Clock
  zone: string
}

export interface DryRow {
  subject: string
  refused: string | null
  acts: DryAct[]
}

export interface DryAct {
  step: string
  act: string
  to: string
  body?: unknown
  holds: string | null
}

export interface DryWanted {
  limit: number
  endpoints: ReadonlySet<string>
  scoreOf: (score: string, subject: string) => Promise<ScoreOfBody | undefined>
}

interface DryAsked extends DryWanted {
  definition: Definition<'programs'>
  asOf: number
}

/** Who would enter now and what would be sent, of as many as `limit`; nothing is sent or written. */
export async function dryRun(
  { reader, clock, zone }: DryRunDeps,
  definition: Definition<'programs'>,
  wanted: DryWanted,
): Promise<{ subjects: number; rows: DryRow[] }> {
  const asOf = clock()
  const { body } = definition
  const { subjects, ids } = await whoWouldEnter(reader, definition, { asOf, limit: wanted.limit })
  const then = ids.map((subject) => ({ subject, at: asOf }))
  const whos = await readWhos(reader, body.subject, then, { zone, now: asOf })
  const people = then.flatMap((one) => whoOf(whos, one) ?? [])
  const names = [...new Set(people.flatMap(namesOfWho))]
  const before = new Map<string, Before[]>()
  for (const entry of await readEntries(reader, definition.id, names))
    before.set(entry.subject, [...(before.get(entry.subject) ?? []), entry])
  const touches = await readTouches(reader, body.subject, { ids, triggers: [], asOf })
  const acted = await readActs(reader, names, asOf - 7 * dayMs)
  const rows: DryRow[] = []
  for (const who of people) {
    const theirs = namesOfWho(who).flatMap((id) => before.get(id) ?? [])
    const times = namesOfWho(who).flatMap((id) => acted.get(id) ?? [])
    const refused =
      who.refusal === '' ? (refusalOfReentry(theirs, definition, asOf)?.because ?? null) : who.refusal
    const asked = {
      ...wanted,
      definition,
      asOf,
      capped: cappedUntil(body, times),
      touch: touches.get(who.id),
    }
    const acts: DryAct[] = []
    for (const step of body.steps) if ('act' in step) acts.push(await dryAct(step.id, step.act, who, asked))
    rows.push({ subject: who.id, refused, acts })
  }
  return { subjects, rows }
}

const namesOfWho = ({ id, identifiers }: Who) => [...new Set([id, ...identifiers])]

async function whoWouldEnter(
  reader: Reader,
  { body }: Definition<'programs'>,
  { asOf, limit }: { asOf: number; limit: number },
): Promise<{ subjects: number; ids: string[] }> {
  const references = await loadReferences(reader, [body.enter], { subject: body.subject })
  const compiled = compileCondition(body.enter, { subject: body.subject, asOf, references })
  const named = {
    name: 'program-dry-run',
    sql: `SELECT count(), arrayMap(x -> toString(x), groupArraySorted(${limit})(key)) FROM (${compiled.sql})`,
    settings: compiled.settings,
  }
  const [[subjects, keys] = [0, []]] = await queryRows<[number, string[]]>(reader, named, compiled.params)
  return { subjects, ids: [...(await namesOf(reader, body.subject, keys)).values()].sort() }
}

type DryActAsked = DryAsked & { capped: number; touch: TouchOfBody | undefined }

async function dryAct(step: string, act: Act, who: Who, asked: DryActAsked): Promise<DryAct> {
  if ('handOff' in act) return { step, act: 'handOff', to: act.handOff, holds: null }
  if ('addToSegment' in act) return { step, act: 'addToSegment', to: act.addToSegment, holds: null }
  if ('setTrait' in act)
    return { step, act: 'setTrait', to: act.setTrait.name, body: act.setTrait.value, holds: null }
  const { definition, asOf, touch } = asked
  const scores = new Map<string, ScoreOfBody>()
  for (const id of needsOf(act.body).scores) {
    const score = await asked.scoreOf(id, who.id)
    if (score !== undefined) scores.set(id, score)
  }
  const { id: program, version: programVersion, name: programName } = definition
  const run = {
    run: `${program}:${programVersion}:${who.id}:…`,
    enteredAt: asOf,
    program,
    programVersion,
    step,
  }
  const body = parseExact(bodyOf(act.body, { run, programName, who, touch, scores, now: asOf }))
  return { step, act: 'webhook', to: act.webhook, body, holds: holdsOf(act.webhook, who, asked) }
}

function holdsOf(
  endpoint: string,
  who: Who,
  { definition, capped, asOf, endpoints }: DryActAsked,
): string | null {
  const { quietHours } = definition.body
  if (!endpoints.has(endpoint)) return `there is no endpoint ${endpoint}`
  const quiet = quietHours === undefined ? undefined : endOfQuiet(asOf, quietHours, who.zone)
  if (quiet !== undefined) return `quiet hours until ${new Date(quiet).toISOString()}`
  return capped > asOf ? `the cap of acts a week until ${new Date(capped).toISOString()}` : null
}
