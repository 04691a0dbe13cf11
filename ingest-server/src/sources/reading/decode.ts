/**
 * Bytes of a file → bytes of UTF-8, chunk by chunk. Which encoding it is: what its byte order mark says, else the map, else
 * zero bytes in every second place (UTF-16), else UTF-8 as long as everything is; a file that began as ASCII and then is
 * no UTF-8 is Windows-1252, which is what Excel writes.
 */
import { isAscii, isUtf8 } from 'node:buffer'

export interface Decoder {
  /** The name of what was found, with what is worth knowing: `utf-8`, `utf-8 (byte order mark)`, `windows-1252`. */
  encoding: () => string
  /** Bytes were no UTF-8 in a file that is: replaced by U+FFFD. */
  hasReplaced: () => boolean
  decode: (chunk: Buffer) => Buffer
  end: () => Buffer
}

const bom = '(byte order mark)'
const empty = Buffer.alloc(0)

/** `head` is the first chunk, at least 4 bytes of it where the file has them. Throws RangeError for an unknown `wanted`. */
export function createDecoder(head: Buffer, wanted: string | undefined): Decoder {
  const marked = markOf(head)
  // Nothing else begins with such bytes, whatever a map says that was written for another file.
  if (marked !== undefined)
    return marked.label === 'utf-8'
      ? utf8(marked.bytes, ` ${bom}`)
      : other(marked.label, marked.bytes, ` ${bom}`)
  const label = wanted ?? guessWide(head)
  if (label === undefined || sameEncoding(label, 'utf-8')) return utf8(0, '', wanted === undefined)
  return other(new TextDecoder(label).encoding, 0, '')
}

const sameEncoding = (a: string, b: string) => new TextDecoder(a).encoding === b

function markOf(head: Buffer): { label: string; bytes: number } | undefined {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return { label: 'utf-8', bytes: 3 }
  if (head[0] === 0xff && head[1] === 0xfe) return { label: 'utf-16le', bytes: 2 }
  if (head[0] === 0xfe && head[1] === 0xff) return { label: 'utf-16be', bytes: 2 }
  return undefined
}

/**
 * Digits, blanks and what separates cells have a zero in the same byte of every two, whatever the letters are; text that is
 * no UTF-16 has none, or has them anywhere.
 */
function guessWide(head: Buffer): string | undefined {
  const size = Math.min(head.length, 8_192) & ~1
  const zeros = { even: 0, odd: 0 }
  const separators = { even: 0, odd: 0 }
  for (let i = 0; i < size; i += 2) {
    const [even = 0, odd = 0] = [head[i], head[i + 1]]
    if (even === 0 && odd !== 0) zeros.even += 1
    if (odd === 0 && even !== 0) zeros.odd += 1
    if (even === 0 && isSeparator.has(odd)) separators.even += 1
    if (odd === 0 && isSeparator.has(even)) separators.odd += 1
  }
  const isMostly = (many: number, few: number) => many > size / 20 && few < many / 20
  if (separators.odd > 0 && isMostly(zeros.odd, zeros.even)) return 'utf-16le'
  return separators.even > 0 && isMostly(zeros.even, zeros.odd) ? 'utf-16be' : undefined
}

const isSeparator = new Set(Buffer.from('\n\r,;\t|'))

function other(label: string, skip: number, note: string): Decoder {
  const decoder = new TextDecoder(label, { ignoreBOM: true })
  let left = skip
  return {
    encoding: () => label + note,
    hasReplaced: () => false,
    decode(chunk) {
      const from = Math.min(left, chunk.length)
      left -= from
      return Buffer.from(decoder.decode(chunk.subarray(from), { stream: true }))
    },
    end: () => Buffer.from(decoder.decode()),
  }
}

function utf8(skip: number, note: string, mayBeOther = false): Decoder {
  let left = skip
  /** Bytes of a character that the next chunk ends. */
  let tail = empty
  let onlyAscii = true
  let hasReplaced = false
  let changed: Decoder | undefined

  function decode(chunk: Buffer, isLast = false): Buffer {
    if (changed !== undefined) return changed.decode(chunk)
    const from = Math.min(left, chunk.length)
    left -= from
    const bytes = tail.length > 0 ? Buffer.concat([tail, chunk.subarray(from)]) : chunk.subarray(from)
    const end = isLast ? bytes.length : bytes.length - unfinished(bytes)
    const whole = bytes.subarray(0, end)
    if (!isUtf8(whole)) {
      if (mayBeOther && onlyAscii && !isMostlyUtf8(whole)) {
        changed = other('windows-1252', 0, '')
        tail = empty
        return changed.decode(bytes)
      }
      hasReplaced = true
      tail = Buffer.from(bytes.subarray(end))
      return Buffer.from(whole.toString('utf8'))
    }
    tail = end === bytes.length ? empty : Buffer.from(bytes.subarray(end))
    onlyAscii &&= isAscii(whole)
    return whole
  }

  return {
    encoding: () => changed?.encoding() ?? `utf-8${note}`,
    hasReplaced: () => hasReplaced,
    decode,
    end: () => (changed === undefined ? decode(empty, true) : changed.end()),
  }
}

/** Whether bytes beyond ASCII are characters of UTF-8 at least as often as not; other encodings have such by chance. */
function isMostlyUtf8(bytes: Buffer): boolean {
  let good = 0
  let bad = 0
  for (const [found] of bytes.toString('utf8').matchAll(/[^\0-\x7f]/gu)) {
    if (found === '\ufffd') bad++
    else good++
  }
  return good >= bad
}

/** How many bytes at the end begin a character that is not whole yet. */
function unfinished(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0
    if (byte < 0x80) return 0
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0
  }
  return 0
}
