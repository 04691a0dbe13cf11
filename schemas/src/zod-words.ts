/**
 * What a schema refuses, said in words: zod's own texts ("Invalid input: expected string, received undefined") reach
 * operators and callers in settings, query parameters, events and definitions. A schema's own message stays.
 * Imported once for its side effect, by event.ts, before any check.
 */
import { z } from 'zod'

type Issue = z.core.$ZodRawIssue

const kinds: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  bigint: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'an object',
  record: 'an object',
  date: 'a time',
  null: 'null',
}
const formats: Record<string, string> = {
  url: 'an address such as https://example.com',
  email: 'an email address',
  datetime: 'a time such as 2026-01-31T12:00:00Z',
  date: 'a day such as 2026-01-31',
  uuid: 'a UUID',
  json_string: 'JSON',
}
const parts: Record<string, [one: string, many: string]> = {
  string: ['character', 'characters'],
  array: ['entry', 'entries'],
  set: ['entry', 'entries'],
  object: ['field', 'fields'],
}

z.config({ localeError: (issue) => inWords(issue) })

function inWords(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return wrongType(issue.expected, issue.input)
    case 'invalid_value':
      return issue.values.length === 1
        ? `must be ${shown(issue.values[0])}${insteadOf(issue.input)}`
        : `must be one of ${issue.values.map(shown).join(', ')}${insteadOf(issue.input)}`
    case 'too_small':
      return bounded('at least', issue.origin, issue.minimum, issue.inclusive === false ? 'more than' : '')
    case 'too_big':
      return bounded('at most', issue.origin, issue.maximum, issue.inclusive === false ? 'less than' : '')
    case 'not_multiple_of':
      return `must be a multiple of ${String(issue.divisor)}`
    case 'invalid_format':
      return `must be ${formats[issue.format] ?? 'written in another form'}`
    case 'unrecognized_keys':
      return `must not have ${issue.keys.map((name) => `"${name}"`).join(', ')}, which nobody reads`
    case 'invalid_union':
      return eitherOf(issue.errors)
    default:
      return 'is not as it must be'
  }
}

function wrongType(expected: string, input: unknown): string {
  const kind = kinds[expected] ?? 'of another kind'
  if (input === undefined) return `is missing; it must be ${kind}`
  // A text may be a secret in the wrong place; a number or true is none.
  return typeof input === 'string' || Number.isNaN(input)
    ? `must be ${kind}`
    : `must be ${kind}${insteadOf(input)}`
}

function bounded(words: string, origin: string, bound: number | bigint, open: string): string {
  const part = parts[origin]
  if (part === undefined) return `must be ${open === '' ? words : open} ${String(bound)}`
  if (words === 'at least' && Number(bound) === 1) return 'must not be empty'
  return `must have ${words} ${String(bound)} ${Number(bound) === 1 ? part[0] : part[1]}`
}

/** The forms that were possible, each once. */
function eitherOf(errors: readonly (readonly { message: string; path: readonly PropertyKey[] }[])[]): string {
  // The place of the union is named by whoever shows this; within it, only here.
  const said = ({ message, path }: { message: string; path: readonly PropertyKey[] }) =>
    path.length === 0 ? message : `${path.map(String).join('.')} ${message}`
  const reasons = [...new Set(errors.flatMap(([first]) => (first === undefined ? [] : [said(first)])))]
  return reasons.length === 0 ? 'has none of its forms' : reasons.slice(0, 3).join(', or ')
}

const shownLength = 60

/** A short plain value as it was given, where only a few are possible; anything else would reveal more than it helps. */
function insteadOf(input: unknown): string {
  if (typeof input === 'number' || typeof input === 'boolean' || input === null)
    return `, not ${String(input)}`
  return typeof input === 'string' && input !== '' && input.length <= shownLength
    ? `, not ${shown(input)}`
    : ''
}

const shown = (value: unknown): string => (typeof value === 'string' ? `"${value}"` : String(value))
