/** The options' names, for those builds that have room for words: the package and t.debug.js. */

/** As the tag has them. */
const known =
  'key host global pages links engagement forms formFields linkDomains consent storage gpc dnt userToken bots cookie cookieName debug'.split(
    ' ',
  )

export const isKnown = (name: string): boolean => known.includes(name)

/** The known name that this one may stand for: `writeKey`, `data-link-domains` and `storge` do. */
export function nearest(name: string): string | undefined {
  const plain = letters(name.replace(/^data-/, ''))
  if (plain === 'writekey' || plain === 'apikey') return 'key'
  return known.find((other) => isNear(plain, letters(other)))
}

const letters = (name: string): string => name.toLowerCase().replace(/[^a-z]/g, '')

/** Whether one letter more, less or other makes the one of the other, or the longer begins with the shorter. */
function isNear(one: string, other: string): boolean {
  if (one === other || (other.length > 4 && one.startsWith(other))) return true
  let same = 0
  while (same < one.length && one[same] === other[same]) same++
  const rest = (text: string, skipped: number) => text.slice(same + skipped)
  return (
    other.length > 3 &&
    (rest(one, 1) === rest(other, 1) || rest(one, 1) === rest(other, 0) || rest(one, 0) === rest(other, 1))
  )
}
