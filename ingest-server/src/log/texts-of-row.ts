/**
 * What stands in a row of a file, or in what another system pushed, that was refused. Its columns are called as its sender
 * calls them, so which of them says whose row it is only the map knows: any text of it may be somebody's id.
 *
 *     refused = { import, map, line, reason, row } | { source, body }
 *     row, body = an object, JSON, or a line with separators
 */
import { isExactNumber, textOfNumber } from '../exact-json.js'
import { jsonOrText } from '../json-or-text.js'

/** An id may have a colon or a blank in it, and JSON that is cut has them around it. */
const separators = [/[,;|\t\r\n"]+/, /[\s,;|"':{}[\]]+/]
/** A row has some hundred columns; each text costs some hashes. */
const mostTexts = 10_000

/** Texts and numbers, each once; none of what is no such row. */
export function textsOfRow(refused: unknown): string[] {
  if (typeof refused !== 'object' || refused === null) return []
  const { source, body, import: importId, row } = refused as Record<string, unknown>
  if (typeof source === 'string' && typeof body === 'string') return textsIn(body)
  return importId === undefined ? [] : textsIn(row)
}

function textsIn(value: unknown): string[] {
  const texts = new Set<string>()
  const rest: unknown[] = [typeof value === 'string' ? jsonOrText(value) : value]
  while (rest.length > 0 && texts.size < mostTexts) {
    const one = rest.pop()
    if (typeof one === 'number') texts.add(String(one))
    // A map takes such a number for an id, by its digits.
    else if (isExactNumber(one)) texts.add(textOfNumber(one))
    else if (typeof one === 'string') {
      texts.add(one.trim())
      for (const separator of separators)
        for (const part of one.split(separator, mostTexts)) texts.add(part.trim())
    } else if (typeof one === 'object' && one !== null)
      // Not spread: a list may be longer than a call has arguments.
      for (const inner of Object.values(one)) rest.push(inner)
  }
  texts.delete('')
  return [...texts]
}
