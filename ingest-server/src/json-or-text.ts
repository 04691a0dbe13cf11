import { parseExact } from './exact-json.js'

/** What the text says as JSON, numbers as they were sent; the text itself where it is none. */
export function jsonOrText(text: string): unknown {
  try {
    return parseExact(text)
  } catch {
    return text
  }
}
