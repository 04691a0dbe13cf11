/** Which touch filters a touchpoint matches, as compile-touch.ts has it in SQL: each content is matched once and remembered. */
import type { Touch } from '@touchline/schemas/api'
import { globOf } from '../glob.js'

export interface TouchContent {
  kind: string
  name: string
  channel: string
  source: string
  medium: string
  campaign: string
  host: string
  path: string
  paths: readonly string[]
  referrerHost: string
  direction: string
}

/** What stands in the event alone, not in the touchpoint: properties, and who vouches for them. */
export const needsEvents = ({ where, verified }: Touch): boolean => where !== undefined || verified === true

/** A touchpoint of somebody. `at` in milliseconds; in the order of at, messageId, touch. */
export interface PlainTouch {
  at: number
  /** Key of the person who did it. */
  person: string
  content: TouchContent
  /** Numbers of the filters that it matches (openMatcher). */
  matched: readonly number[]
}

type Field = keyof TouchContent
type Test = (content: TouchContent) => boolean

export type Matcher = ReturnType<typeof openMatcher>

export function openMatcher() {
  const tests: Test[] = []
  const known = new Map<string, number>()
  const fields = new Set<Field>(['kind'])
  let isOrdered = false
  return {
    /** The number of a filter; the same filter has the same number. */
    add(touch: Touch): number {
      const key = JSON.stringify(Object.entries(touch).sort(([a], [b]) => (a < b ? -1 : 1)))
      const before = known.get(key)
      if (before !== undefined) return before
      known.set(key, tests.length)
      return tests.push(testOf(touch, (field) => fields.add(field))) - 1
    },
    /** What is read of a touch besides what filters ask for. */
    reads: (...more: readonly Field[]) => more.forEach((field) => fields.add(field)),
    fields: (): ReadonlySet<Field> => fields,
    /** It matters which of two touches at one time comes first. */
    keepOrder: () => void (isOrdered = true),
    keepsOrder: () => isOrdered,
    matchedBy: (content: TouchContent): number[] =>
      tests.flatMap((test, place) => (test(content) ? [place] : [])),
  }
}

function testOf(touch: Touch, read: (field: Field) => void): Test {
  const tests: Test[] = []
  const equals = (field: Exclude<Field, 'paths'>, value: string | undefined) => {
    if (value === undefined) return
    read(field)
    tests.push((content) => content[field] === value)
  }
  equals('kind', touch.kind)
  if (touch.name !== undefined) {
    read('name')
    const matches = globOf(touch.name)
    tests.push(({ name }) => matches(name))
  }
  equals('channel', touch.channel)
  // As touchpoints/acquisition.ts stores them.
  equals('source', touch.source?.trim().toLowerCase())
  equals('medium', touch.medium?.trim().toLowerCase())
  equals('campaign', touch.campaign)
  if (touch.page !== undefined) {
    const matches = pageOf(touch.page)
    for (const field of pageFields(touch.page)) read(field)
    tests.push(({ host, path, paths }) => matches(host, path) || paths.some((one) => matches(host, one)))
  }
  equals(
    'referrerHost',
    touch.referrerHost
      ?.trim()
      .toLowerCase()
      .replace(/^www\./, ''),
  )
  equals('direction', touch.direction)
  const [first, ...others] = tests
  if (first === undefined) return () => true
  return others.length === 0 ? first : (content) => tests.every((test) => test(content))
}

const ofPath = (pattern: string) => pattern.startsWith('/') || pattern.startsWith('*/')
const patternOf = (page: string) => page.trim().replace(/^[a-z]+:\/\//i, '')

/** What has to be known of a touch to tell its pages. */
export const pageFields = (page: string): readonly Field[] => {
  const pattern = patternOf(page)
  return pattern === '*' || ofPath(pattern) ? ['path', 'paths'] : ['host', 'path', 'paths']
}

/** One path against a pattern of host and path, or of a path alone. */
export function pageOf(page: string): (host: string, path: string) => boolean {
  const pattern = patternOf(page)
  if (pattern === '*') return (_, path) => path !== ''
  const matches = globOf(pattern)
  return ofPath(pattern)
    ? (_, path) => path !== '' && matches(path)
    : (host, path) => path !== '' && matches(host + path)
}
