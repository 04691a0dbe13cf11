/**
 * The body of an act: JSON whose texts may hold `{{field}}`. A text that is one field alone becomes the field's own
 * value, a number stays a number; within other text it is written out. Pure.
 */
import { stringifyExact } from '../../exact-json.js'
import { nearest } from '../nearest.js'
import type { Path } from '../walk.js'

/** The fields that there are; after `*` any name, of a trait or a score. */
export const templateFields = [
  'at',
  'person.id',
  'person.identifiers',
  'traits.*',
  'account.id',
  'account.traits.*',
  'touch.name',
  'touch.kind',
  'touch.at',
  'touch.channel',
  'touch.source',
  'touch.medium',
  'touch.campaign',
  'touch.page',
  'touch.value',
  'touch.currency',
  'score.*.total',
  'score.*.fit',
  'score.*.behaviour',
  'score.*.reasons',
  'run.id',
  'run.enteredAt',
  'program.id',
  'program.name',
  'program.version',
  'step.id',
] as const

const field = /\{\{\s*([^{}]*?)\s*\}\}/g
const secretWords = /^(?:env|secrets?|endpoint|config|process)(?:[.:]|$)/i
const secretText = /\benv:[A-Z_][A-Z0-9_]*|\bwhsec_/

export interface TemplateProblem {
  path: Path
  message: string
}

export interface FieldUse {
  path: Path
  field: string
}

/** Every field that the body names. */
export function fieldsOf(body: unknown, path: Path = []): FieldUse[] {
  return textsOf(body, path).flatMap(({ text, path: at }) =>
    [...text.matchAll(field)].map(([, name = '']) => ({ path: at, field: name })),
  )
}

/** The first thing that is wrong with a body; undefined: nothing. */
export function problemOfTemplate(body: unknown, path: Path = []): TemplateProblem | undefined {
  for (const { text, path: at } of textsOf(body, path)) {
    if (secretText.test(text)) return { path: at, message: noSecret }
    for (const [, name = ''] of text.matchAll(field)) {
      if (secretWords.test(name)) return { path: at, message: noSecret }
      if (!isKnown(name)) return { path: at, message: unknown(name) }
    }
    const rest = text.replace(field, '')
    if (rest.includes('{{') || rest.includes('}}'))
      return { path: at, message: '{{ and }} must stand around the name of a field' }
  }
  return undefined
}

const noSecret =
  'no secret may stand in a body; the endpoint’s own signs it, and what else a receiver needs belongs to its address'

function unknown(name: string): string {
  const near = nearestField(name)
  return `{{${name}}}: there is no such field${near === undefined ? `; there are ${templateFields.join(', ').replaceAll('*', '…')}` : `; did you mean {{${near}}}?`}`
}

const matchers = templateFields.map(
  (name) =>
    new RegExp(`^${name.replaceAll('.', '\\.').replaceAll('*', name.startsWith('score') ? '[^.]+' : '.+')}$`),
)
const isKnown = (name: string) => matchers.some((matcher) => matcher.test(name))

/** With the name that stands for `*` as it was written. */
function nearestField(name: string): string | undefined {
  const parts = name.split('.')
  const candidates = templateFields.flatMap((one) => {
    const pattern = one.split('.')
    if (!one.includes('*')) return [one]
    if (pattern.length > parts.length) return []
    return [pattern.map((part, index) => (part === '*' ? (parts[index] ?? '') : part)).join('.')]
  })
  return nearest(name, candidates)
}

interface PlacedText {
  text: string
  path: Path
}

function textsOf(value: unknown, path: Path): PlacedText[] {
  if (typeof value === 'string') return [{ text: value, path }]
  if (Array.isArray(value)) return value.flatMap((item, index) => textsOf(item, [...path, index]))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, item]) => [
    // A name is no place for a field, and none for a secret.
    ...(key.includes('{{') || secretText.test(key) ? [{ text: key, path: [...path, key] }] : []),
    ...textsOf(item, [...path, key]),
  ])
}

/** `valueOf` answers undefined for what nobody knows: null in the body, nothing in a text. */
export function fillTemplate(body: unknown, valueOf: (field: string) => unknown): unknown {
  if (typeof body === 'string') return fillText(body, valueOf)
  if (Array.isArray(body)) return body.map((item) => fillTemplate(item, valueOf))
  if (typeof body !== 'object' || body === null) return body
  return Object.fromEntries(Object.entries(body).map(([key, item]) => [key, fillTemplate(item, valueOf)]))
}

const alone = /^\{\{\s*([^{}]*?)\s*\}\}$/

function fillText(text: string, valueOf: (field: string) => unknown): unknown {
  const only = alone.exec(text)
  if (only) return valueOf(only[1] ?? '') ?? null
  return text.replace(field, (_, name: string) => written(valueOf(name)))
}

function written(value: unknown): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'string' ? value : stringifyExact(value)
}
