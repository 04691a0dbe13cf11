/** The known name that somebody probably meant. */
import { closestMatch } from 'leven'

/** Longer names are copied, not typed. */
const longest = 80

/** The known name that is a few slips of the finger away, whatever its case; undefined where none is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (word.length > longest) return undefined
  const lower = word.toLowerCase()
  const maxDistance = Math.max(1, Math.min(4, Math.ceil(word.length / 3)))
  const alike = known.filter((name) => Math.abs(name.length - word.length) <= maxDistance)
  const byLower = new Map(alike.map((name) => [name.toLowerCase(), name]))
  const found = closestMatch(lower, [...byLower.keys()], { maxDistance })
  return found === undefined ? undefined : byLower.get(found)
}

/** `; did you mean X?`, or what there is, or nothing. */
export function meant(word: string, known: readonly string[]): string {
  const near = nearest(word, known)
  if (near !== undefined) return `; did you mean ${near}?`
  if (known.length === 0) return '; there is none yet.'
  const some = known.slice(0, 10).join(', ')
  return `; there ${known.length === 1 ? 'is' : 'are'} ${some}${known.length > 10 ? ', …' : ''}.`
}
