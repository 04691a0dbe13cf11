/** The known name that somebody probably meant. */
import { closestMatch } from 'leven'

const shownLength = 200

/** The known name that is a few slips of the finger away, whatever its case; undefined where none is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (word.length > shownLength) return undefined
  const lower = word.toLowerCase()
  const byLower = new Map(known.map((name) => [name.toLowerCase(), name]))
  const found = closestMatch(lower, [...byLower.keys()], {
    maxDistance: Math.max(1, Math.min(4, Math.ceil(word.length / 3))),
  })
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
