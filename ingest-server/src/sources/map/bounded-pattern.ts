/**
 * Regular expressions that somebody wrote into a map, over text that somebody else sends: `(a+)+b` over thirty letters
 * takes years, and it is the whole process that waits. What could go back and forth for long is run with a limit of time.
 */
import { createContext, Script } from 'node:vm'

/** Why a row was not read. */
export class PatternTooSlow extends Error {}

export type Find = (text: string) => RegExpExecArray | null

/** With two repetitions at most, which is what plain patterns have, all ways of so long a text are tried in 20 ms. */
const longestPlain = 2_000
/** The second for what only waited for a busy machine in the first. */
const limitsMs = [25, 250] as const
/**
 * A pattern that failed so often is not tried again: a file of a million such rows would hold the others up for hours. A
 * thousand rows that are read make up for one failure.
 */
const mostFailures = 3
const ofOneRead = 1 / 1_000

/** Throws PatternTooSlow. `source` is known to be a regular expression. */
export function boundedPattern(source: string, flags: string): Find {
  const expression = new RegExp(source, flags)
  const longestUnlimited = isPlain(source) ? longestPlain : 0
  let failures = 0
  return (text) => {
    if (text.length <= longestUnlimited) return expression.exec(text)
    if (failures < mostFailures)
      for (const limitMs of limitsMs)
        try {
          const found = execInTime(expression, text, limitMs)
          failures = Math.max(0, failures - ofOneRead)
          return found
        } catch (error) {
          if ((error as { code?: unknown }).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error
        }
    failures = Math.min(mostFailures, failures + 1)
    throw new PatternTooSlow(`takes too long by the pattern ${source}; write it with fewer repetitions`)
  }
}

const asked: { expression?: RegExp; text?: string } = createContext({})
const script = new Script('expression.exec(text)')

/** 0.2 ms for the limit, so it is kept for what needs one. V8 heeds it in the middle of an expression. */
function execInTime(expression: RegExp, text: string, limitMs: number): RegExpExecArray | null {
  asked.expression = expression
  asked.text = text
  return script.runInContext(asked, { timeout: limitMs }) as RegExpExecArray | null
}

/** A repetition, without end or of more than ten; `?` and small counts add little. */
const repetition = /^(?:[*+]|\{\d+,\}|\{(?:\d+,)?(?:1[1-9]|[2-9]\d|\d{3,})\})/

/**
 * At most two repetitions, one where it may begin anywhere, and none of a group that repeats or chooses: the ways to try
 * are a polynomial of the text's length then, and a small one.
 */
export function isPlain(source: string): boolean {
  let repetitions = 0
  /** Of each open group whether something in it repeats or chooses. */
  const open: boolean[] = [false]
  let closed: boolean | undefined
  const mark = () => (open[open.length - 1] = true)
  for (let at = 0; at < source.length; at += 1) {
    const sign = source[at] ?? ''
    const repeats = repetition.test(source.slice(at, at + 16))
    if (repeats) {
      if (closed === true) return false
      repetitions += 1
      mark()
    }
    const before = closed
    closed = undefined
    if (sign === '\\') {
      // What was found before is found again, however long it is.
      if (/[1-9k]/.test(source[at + 1] ?? '')) return false
      at += 1
    } else if (sign === '[') at = endOfClass(source, at)
    else if (sign === '(') open.push(false)
    else if (sign === ')') {
      closed = open.pop() ?? false
      if (closed) mark()
    } else if (sign === '|' || sign === '?') {
      mark()
      // `(a+)?` stays a group that repeats, should a count follow.
      if (sign === '?') closed = before
    }
  }
  return repetitions <= (source.startsWith('^') && !source.includes('|') ? 2 : 1)
}

function endOfClass(source: string, begin: number): number {
  for (let at = begin + 1; at < source.length; at += 1) {
    if (source[at] === '\\') at += 1
    else if (source[at] === ']') return at
  }
  return source.length
}
