/** Lines that ClickHouse refused, kept in `dead_letters` with code and reason, to be read and replayed. */
import { codeOf } from './classify-error.js'

export interface DeadLetter {
  table: string
  /** Empty where the line does not say. */
  project: string
  position: string
  original: Buffer
  error: unknown
}

const maxReasonBytes = 2_000

/** The row of `dead_letters` as a line. */
export function toDeadLetterLine(letter: DeadLetter): Buffer {
  const reason = letter.error instanceof Error ? letter.error.message : String(letter.error)
  const head = JSON.stringify({
    target: letter.table,
    project: letter.project,
    code: codeOf(letter.error),
    reason: Buffer.from(reason).toString('utf8', 0, maxReasonBytes),
    position: letter.position,
  })
  return Buffer.concat([
    Buffer.from(`${head.slice(0, -1)},"original":`),
    quoteBytes(letter.original),
    closing,
  ])
}

const closing = Buffer.from('}\n')

/**
 * A JSON string of exactly these bytes, whether or not they are UTF-8: read as latin1 each byte is one
 * character, of which JSON escapes only quotes, backslashes and controls.
 */
function quoteBytes(bytes: Buffer): Buffer {
  const end = bytes.at(-1) === 0x0a ? bytes.length - 1 : bytes.length
  return Buffer.from(JSON.stringify(bytes.toString('latin1', 0, end)), 'latin1')
}
