/**
 * Where a text stops being JSON (RFC 8259). `JSON.parse` says it only sometimes, and then quotes the text. Without
 * recursion, for a text may be as deep as it is long; one pass, and only after JSON.parse has refused.
 */
export interface NotJson {
  /** From 0, in UTF-16 units. */
  position: number
  /** What JSON would have had there. */
  expected: string
}

const aName = 'a name in double quotes'
const aValue = 'a value'
const afterName = '":"'
const theEnd = 'the end'

type Wanted = 'value' | 'value or ]' | 'name' | 'name or }' | ': after the name' | 'what follows a value'

/** Undefined where the text is JSON. */
export function whereNotJson(text: string): NotJson | undefined {
  const closers: ('}' | ']')[] = []
  let wanted: Wanted = 'value'
  let at = 0
  for (;;) {
    at = afterBlanks(text, at)
    const found = text[at]
    if (wanted === 'what follows a value') {
      const closer = closers.at(-1)
      if (closer === undefined) return at === text.length ? undefined : { position: at, expected: theEnd }
      if (found === ',') wanted = closer === '}' ? 'name' : 'value'
      else if (found === closer) closers.pop()
      else return { position: at, expected: `"," or "${closer}"` }
      at += 1
    } else if (wanted === ': after the name') {
      if (found !== ':') return { position: at, expected: afterName }
      wanted = 'value'
      at += 1
    } else if ((wanted === 'value or ]' && found === ']') || (wanted === 'name or }' && found === '}')) {
      closers.pop()
      wanted = 'what follows a value'
      at += 1
    } else if (wanted === 'name' || wanted === 'name or }') {
      if (found !== '"') return { position: at, expected: wanted === 'name' ? aName : `${aName} or "}"` }
      const end = endOfText(text, at)
      if (typeof end !== 'number') return end
      wanted = ': after the name'
      at = end
    } else if (found === '{' || found === '[') {
      closers.push(found === '{' ? '}' : ']')
      wanted = found === '{' ? 'name or }' : 'value or ]'
      at += 1
    } else {
      const end = endOfScalar(text, at)
      if (typeof end !== 'number') return end
      wanted = 'what follows a value'
      at = end
    }
  }
}

function afterBlanks(text: string, start: number): number {
  let at = start
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at += 1
  return at
}

const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const word = /true|false|null/y

function endOfScalar(text: string, start: number): number | NotJson {
  if (text[start] === '"') return endOfText(text, start)
  for (const shape of [number, word]) {
    shape.lastIndex = start
    if (shape.test(text)) return shape.lastIndex
  }
  return { position: start, expected: aValue }
}

const escaped = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y

/** The text begins with its double quote. */
function endOfText(text: string, start: number): number | NotJson {
  let at = start + 1
  for (;;) {
    const found = text[at]
    if (found === '"') return at + 1
    if (found === undefined) return { position: at, expected: 'the double quote that ends the text' }
    if (found < ' ') return { position: at, expected: 'no line feed or other control character in a text' }
    if (found === '\\') {
      escaped.lastIndex = at
      if (!escaped.test(text)) return { position: at, expected: 'an escape such as \\n or \\u00e9' }
      at = escaped.lastIndex
    } else at += 1
  }
}

/** `line 2, column 7`, both from 1; a line ends with LF, CR or both. */
export function placeOf(position: number, text: string): string {
  const before = text.slice(0, position).split(/\r\n|[\r\n]/)
  return `line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`
}
