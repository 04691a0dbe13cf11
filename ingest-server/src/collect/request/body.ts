/**
 * From the bytes of a request to parsed JSON.
 *
 *     body = [ gzip | deflate | br ] ( event | { batch: event[], … } )   JSON in UTF-8, whatever it is called
 *
 * The content type is not asked: RudderStack's Node SDK calls its gzipped JSON a form, browsers call theirs
 * text/plain so that no preflight is needed. Decoding stops at the limit, so a small bomb stays small.
 */
import { limits } from '@touchline/schemas'
import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib'
import { TouchlineError } from '../../errors.js'
import type { ParsedBody } from '../base/parsed-body.js'
import { whereNotJson } from './where-not-json.js'

const decoders = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
}
const rawInflate = promisify(inflateRaw)

const isEncoding = (name: string): name is keyof typeof decoders => Object.hasOwn(decoders, name)
const bounded = { maxOutputLength: limits.decodedBytes }

const tooLarge = (cause?: unknown) =>
  new TouchlineError(
    'BODY_TOO_LARGE',
    `The body is over ${limits.decodedBytes / 1024 / 1024} MB once decoded. Send smaller batches.`,
    { cause },
  )

/** Nobody needs more than a proxy's on top of their own; each costs a decoding of up to 4 MB. */
const maxEncodings = 2

/** The body decoded, or `body` itself where nothing was encoded. Throws ENCODING_UNSUPPORTED, BODY_TOO_LARGE, BODY_NOT_JSON. */
export async function decodeBody(body: Buffer, contentEncoding: string): Promise<Buffer> {
  let decoded = body
  // Encodings were applied in the order in which they are named.
  for (const encoding of encodingsIn(contentEncoding).reverse()) decoded = await decodeOnce(decoded, encoding)
  return decoded
}

function encodingsIn(contentEncoding: string): (keyof typeof decoders)[] {
  const names = contentEncoding
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity')
  if (names.length > maxEncodings)
    throw new TouchlineError(
      'ENCODING_UNSUPPORTED',
      `The body is encoded ${names.length} times; at most ${maxEncodings} are undone.`,
    )
  return names.map((name) => {
    if (!isEncoding(name)) throw new TouchlineError('ENCODING_UNSUPPORTED')
    return name
  })
}

async function decodeOnce(body: Buffer, encoding: keyof typeof decoders): Promise<Buffer> {
  try {
    return await decoders[encoding](body, bounded)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(cause)
    // Some clients say deflate and mean it without the zlib header.
    if (encoding === 'deflate') return decodeRaw(body)
    // Proxies decode a body and forget the header.
    if (looksLikeJson(body)) return body
    throw new TouchlineError('BODY_NOT_JSON', `The body is not ${encoding}, as its Content-Encoding says.`, {
      cause,
    })
  }
}

async function decodeRaw(body: Buffer): Promise<Buffer> {
  try {
    return await rawInflate(body, bounded)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(cause)
    if (looksLikeJson(body)) return body
    throw new TouchlineError('BODY_NOT_JSON', 'The body is not deflate, as its Content-Encoding says.', {
      cause,
    })
  }
}

const looksLikeJson = (body: Buffer) => body[0] === 0x7b

const byteOrderMark = '\ufeff'

/** What a decoded body says, as text. */
export function bodyText(body: Buffer | string): string {
  const decoded = typeof body === 'string' ? body : body.toString('utf8')
  return decoded.startsWith(byteOrderMark) ? decoded.slice(1) : decoded
}

/** The JSON of a body, and what it says. Throws BODY_NOT_JSON. */
export function parseBody(body: Buffer | string): ParsedBody {
  const text = bodyText(body)
  try {
    return { value: JSON.parse(text) as unknown, text }
  } catch (cause) {
    const finite = withoutInfinities(text)
    if (finite !== undefined) return finite
    throw new TouchlineError('BODY_NOT_JSON', notJson(text), { cause })
  }
}

// A text, or one of the words that Python's and PHP's writers of JSON put where a number is none.
const textOrInfinity = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\b(?:NaN|Infinity)\b/gs

/** NaN and infinities as null: one bad number in one event shall not lose a whole batch. Undefined where that does not help. */
function withoutInfinities(text: string): ParsedBody | undefined {
  if (!/NaN|Infinity/.test(text)) return undefined
  const finite = text.replace(textOrInfinity, (found) => (found.startsWith('"') ? found : 'null'))
  try {
    return { value: JSON.parse(finite) as unknown, text: finite }
  } catch {
    return undefined
  }
}

function notJson(text: string): string {
  if (text === '') return 'The body is empty; it must be JSON.'
  const where = whereNotJson(text)
  return where === undefined ? 'The body is not JSON.' : `The body is not JSON: ${where}.`
}
