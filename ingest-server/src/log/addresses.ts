/**
 * Addresses that stand anywhere in a text: in JSON, in the query of an address of a page, between words. The same in
 * SQL, for what SQL finds in somebody else's event `scrub` has to take out. ASCII only.
 */
const escapes = String.raw`\\(?:u[0-9a-fA-F]{4}|.)`
const otherEncoded = '%[0-9a-fA-F]{2}'
const domain = '@[a-zA-Z0-9-]+(?:[.][a-zA-Z0-9-]+)+'
/** What nearly all consist of, and all that may be in one: `mail=ada@…` is the one or the other. */
const patterns = ['[a-zA-Z0-9._+-]', "[a-zA-Z0-9._+!#$&'*/=?^`{|}~-]"].map(
  (characters) => `${characters}{1,64}${domain}`,
)

const escapesPattern = new RegExp(escapes, 'g')
const otherEncodedPattern = new RegExp(otherEncoded, 'g')
const addressPatterns = patterns.map((pattern) => new RegExp(pattern, 'g'))

/** In lower case, each once. */
export function addressesIn(text: string): string[] {
  if (!text.includes('@') && !text.includes('%40')) return []
  const plain = text
    .replace(escapesPattern, ' ')
    .replaceAll('%40', '@')
    .replace(/%2[Bb]/g, '+')
    .replace(otherEncodedPattern, ' ')
  const found = addressPatterns.flatMap((pattern) => plain.match(pattern) ?? [])
  return [...new Set(found.map((address) => address.toLowerCase()))]
}

const literal = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

/** An expression of ClickHouse: the list of addresses in the text of `expression`. */
export function addressesInSql(expression: string): string {
  const unescaped = `replaceRegexpAll(${expression}, ${literal(escapes)}, ' ')`
  const decoded = `replaceRegexpAll(replaceAll(${unescaped}, '%40', '@'), '%2[Bb]', '+')`
  const plain = `replaceRegexpAll(${decoded}, ${literal(otherEncoded)}, ' ')`
  const found = patterns.map((pattern) => `extractAll(p, ${literal(pattern)})`).join(', ')
  return `arrayDistinct(arrayMap(a -> lower(a), arrayFlatten(arrayMap(p -> arrayConcat(${found}), if(position(${expression}, '@') = 0 AND position(${expression}, '%40') = 0, [], [${plain}])))))`
}

const patternSigns = /[\\^$.*+?()[\]{}|/-]/g

/** Finds `text` in whatever case, and an address percent-encoded as well. */
export function patternOf(text: string): RegExp {
  const exact = text.replace(patternSigns, '\\$&')
  return new RegExp(exact.replaceAll('@', '(?:@|%40)').replaceAll('\\+', '(?:\\+|%2B)'), 'gi')
}
