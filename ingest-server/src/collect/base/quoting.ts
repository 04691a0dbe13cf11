/** Text as JSON strings for the line. */
import { wellFormed } from './well-formed.js'

export type Quote = (text: string) => string

/** Any text. Half surrogate pairs become U+FFFD, for ClickHouse refuses them. */
export const quoted: Quote = (text) => wellFormed(JSON.stringify(text))

/**
 * Text out of a JSON document that holds no backslash: nothing in it was escaped, so nothing need be. Half
 * the cost of a line is in asking each of its strings the same question again.
 */
const plainlyQuoted: Quote = (text) => `"${text}"`

/** How the strings that were parsed out of `json` are quoted. */
export const quoteFor = (json: string): Quote => (json.includes('\\') ? quoted : plainlyQuoted)
