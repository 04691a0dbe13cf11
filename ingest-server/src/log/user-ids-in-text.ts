/**
 * User ids that stand in a trait, as a text of their own (`{ "manager": "u-12345" }`). The same in SQL, for what SQL
 * finds in somebody else's event `scrub` has to take out. Only whole texts, and none so short that it is a word of many.
 */
import { literal } from './addresses-in-text.js'

const leastLength = 6
const stringToken = String.raw`"((?:[^"\\]|\\.)*)"`
const tokenPattern = new RegExp(stringToken, 'g')

/** Of JSON text, as they stand there, each once. */
export function userTextsIn(json: string): string[] {
  const texts = new Set<string>()
  for (const [, text = ''] of json.matchAll(tokenPattern)) if (text.length >= leastLength) texts.add(text)
  return [...texts]
}

/** An expression of ClickHouse: the list of these texts in the JSON of `expression`. */
export const userTextsInSql = (expression: string): string =>
  `arrayDistinct(arrayFilter(t -> lengthUTF8(t) >= ${leastLength}, extractAll(${expression}, ${literal(stringToken)})))`
