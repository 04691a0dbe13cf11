/** What is sent: the template of an act filled with what is known, or the whole of it where there is no template. */
import type { Subject } from '@touchline/schemas/api'
import { fieldsOf, fillTemplate } from '../../../definitions/documents/body-template.js'
import { touchSettings, touchesOf } from '../../../definitions/sql/touches.js'
import { asOfParam } from '../../../definitions/sql/bag.js'
import { query, type Reader } from '../../../clickhouse/query.js'
import type { Run } from '../run.js'
import type { Who } from '../../who/who.js'
import { isoTime } from '../../../clock.js'
import { stringifyExact } from '../../../exact-json.js'

export interface TouchOfBody {
  at: string
  name: string
  kind: string
  channel: string
  source: string
  medium: string
  campaign: string
  page: string
  value: number | null
  currency: string
}

export interface ScoreOfBody {
  total: number
  fit: number
  behaviour: number
  reasons: string[]
}

export interface BodyFacts {
  run: Pick<Run, 'run' | 'enteredAt' | 'program' | 'programVersion' | 'step'>
  programName: string
  who: Who
  touch: TouchOfBody | undefined
  scores: ReadonlyMap<string, ScoreOfBody>
  now: number
}

export function bodyOf(template: unknown, facts: BodyFacts): string {
  const value = (field: string) => valueOf(field, facts)
  if (template !== undefined) return stringifyExact(fillTemplate(template, value))
  const { run, who, now } = facts
  return stringifyExact({
    type: 'program.act',
    at: isoTime(now),
    program: run.program,
    version: run.programVersion,
    run: run.run,
    step: run.step,
    ...(who.kind === 'person' && {
      person: { id: who.id, identifiers: who.identifiers, traits: Object.fromEntries(who.traits) },
    }),
    account:
      who.account === undefined ? null : { id: who.account, traits: Object.fromEntries(who.accountTraits) },
  })
}

function valueOf(field: string, { run, programName, who, touch, scores, now }: BodyFacts): unknown {
  if (field.startsWith('traits.')) return who.traits.get(field.slice('traits.'.length))
  if (field.startsWith('account.traits.')) return who.accountTraits.get(field.slice('account.traits.'.length))
  if (field.startsWith('touch.')) return touch?.[field.slice('touch.'.length) as keyof TouchOfBody]
  if (field.startsWith('score.')) {
    const [, id = '', part = ''] = field.split('.')
    return scores.get(id)?.[part as keyof ScoreOfBody]
  }
  const values: Readonly<Record<string, unknown>> = {
    at: isoTime(now),
    'person.id': who.kind === 'person' ? who.id : undefined,
    'person.identifiers': who.kind === 'person' ? who.identifiers : undefined,
    'account.id': who.account,
    'run.id': run.run,
    'run.enteredAt': isoTime(run.enteredAt),
    'program.id': run.program,
    'program.name': programName,
    'program.version': run.programVersion,
    'step.id': run.step,
  }
  return values[field]
}

/** What a template asks for beyond what is read of everybody. */
export function needsOf(template: unknown): { touch: boolean; scores: string[] } {
  const fields = fieldsOf(template).map(({ field }) => field)
  const scores = fields.flatMap((field) => (field.startsWith('score.') ? [field.split('.')[1] ?? ''] : []))
  return { touch: fields.some((field) => field.startsWith('touch.')), scores: [...new Set(scores)] }
}

type TouchRow = TouchOfBody & { subject: string; entering: boolean }

/** Of each the touch that it entered by, else the last one. */
export async function readTouches(
  reader: Reader,
  subject: Subject,
  { ids, triggers, asOf }: { ids: readonly string[]; triggers: readonly string[]; asOf: number },
): Promise<Map<string, TouchOfBody>> {
  const named = {
    name: 'touches-of-bodies',
    splitBy: 'only',
    sql: `
SELECT subject, at, name, kind, channel, source, medium, campaign, concat(host, path) AS page, value, currency,
  message_id IN {triggers: Array(String)} AS entering
FROM ${touchesOf(subject, true)}
WHERE direction = 'inbound' OR message_id IN {triggers: Array(String)}
ORDER BY subject, entering DESC, at DESC, message_id DESC
LIMIT 1 BY subject`,
    settings: touchSettings,
  }
  const rows = await query<TouchRow>(reader, named, { ...asOfParam(asOf), only: ids, triggers })
  return new Map(rows.map(({ subject: of, entering: _, ...touch }) => [of, touch]))
}
