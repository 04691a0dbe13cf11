/**
 * Addresses that stand anywhere in a text: in JSON, in the query of an address of a page, between words. Those of ASCII
 * are found in the same way in SQL, for what SQL finds in somebody else's event `scrub` has to take out; of others SQL
 * finds the rows that may hold one.
 */
import { canonicalAddress } from '@touchline/schemas'
import { domainToUnicode } from 'node:url'

const escapes = String.raw`\\(?:u[0-9a-fA-F]{4}|.)`
/** However often it was escaped, and encoded as well. */
const backslash = String.raw`(?:\\|%(?:25)*5[cC])`
const backslashes = `${backslash}+`
/** JSON within a text of JSON, or in the address of a page: `{"body":"{\"text\":\"Hello\\nada@example.com\"}"}`. */
const escapesOfEscapes = `${backslashes}(?:u[0-9a-fA-F]{4}|.)`
const otherEncoded = '%[0-9a-fA-F]{2}'
/** An address of a page within another's: `?next=https%3A%2F%2Fshop.test%2F%3Fm%3Dada%2540example.com`. */
const encodedAgain = '%(?:25)+([0-9a-fA-F]{2})'
const domain = '@[a-zA-Z0-9-]+(?:[.][a-zA-Z0-9-]+)+'
/** What nearly all consist of, and all that may be in one: `mail=ada@…` is the one or the other. */
const patterns = ['[a-zA-Z0-9._+-]', "[a-zA-Z0-9._+!#$&'*/=?^`{|}~-]"].map(
  (characters) => `${characters}{1,64}${domain}`,
)

const escapesPatterns = [escapes, escapesOfEscapes].map((pattern) => new RegExp(pattern, 'g'))
const onlyEscapes = escapesPatterns.slice(0, 1)
const perhapsEscapedAgain = /\\\\|%(?:25)*5c/i
const otherEncodedPattern = new RegExp(otherEncoded, 'g')
const encodedAgainPattern = new RegExp(encodedAgain, 'g')
const addressPatterns = patterns.map((pattern) => new RegExp(pattern, 'g'))

const letters = String.raw`\p{L}\p{N}\p{M}`
const wideDomain = String.raw`[@\uff20][${letters}-]+(?:[.\u3002\uff0e][${letters}-]+)+`
const widePatterns = [`[${letters}._+-]`, `[${letters}._+!#$&'*/=?^\`{|}~-]`].map(
  (characters) => new RegExp(`${characters}{1,64}${wideDomain}`, 'gu'),
)
const invisible = '\u034f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff'
const invisiblePattern = new RegExp(`[${invisible}]`, 'g')
/** Something that reads differently once it is decoded, or was never ASCII. */
const wideSigns = String.raw`[^\t\n\r -~]|\\u|%[0-9a-fA-F]{2}`
const addressSigns = String.raw`@|%(?:25)*40|＠|\\u0040|\\uff20|%(?:25)*EF%(?:25)*BC%(?:25)*A0`
const perhapsWide = new RegExp(wideSigns)
const perhapsAddress = new RegExp(addressSigns, 'i')

/** In their canonical form, each once. */
export function addressesIn(text: string): string[] {
  if (!perhapsAddress.test(text)) return []
  const found = new Set<string>()
  const isWide = perhapsWide.test(text)
  for (const escapesPattern of perhapsEscapedAgain.test(text) ? escapesPatterns : onlyEscapes) {
    for (const plain of readings(text.replace(escapesPattern, ' ')).map(withoutEncoding))
      for (const pattern of addressPatterns)
        for (const address of plain.match(pattern) ?? []) found.add(address.toLowerCase())
    if (!isWide) continue
    for (const decoded of readings(text).map((reading) => decode(reading, escapesPattern)))
      for (const pattern of widePatterns)
        for (const address of decoded.match(pattern) ?? []) found.add(canonicalAddress(address))
  }
  return [...found]
}

/** The text without those addresses that stand in it as they are, in ASCII. */
export const withoutPlainAddresses = (
  text: string,
  isGone: (address: string) => boolean,
  instead: string,
): string =>
  addressPatterns.reduce(
    (rest, pattern) => rest.replace(pattern, (found) => (isGone(found.toLowerCase()) ? instead : found)),
    text,
  )

/** As it stands, and as it was before it was encoded a second time and more. */
const readings = (text: string): string[] =>
  text.includes('%25') ? [text, text.replace(encodedAgainPattern, '%$1')] : [text]

const withoutEncoding = (text: string): string =>
  text
    .replaceAll('%40', '@')
    .replace(/%2[Bb]/g, '+')
    .replace(otherEncodedPattern, ' ')

/** Escapes of JSON and of page addresses undone, without what cannot be seen. */
const decode = (text: string, escapesPattern: RegExp): string =>
  text
    .replace(escapesPattern, (escape) => {
      const [, code] = /u([0-9a-f]{4})$/i.exec(escape) ?? []
      return code === undefined ? ' ' : String.fromCharCode(parseInt(code, 16))
    })
    .replace(/(?:%[0-9a-fA-F]{2})+/g, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'))
    .replace(invisiblePattern, '')
    .normalize('NFC')

/** As a literal of ClickHouse's SQL. */
export const literal = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

/** An expression of ClickHouse: the list of addresses in the text of `expression`. */
export function addressesInSql(expression: string): string {
  const readings = `[${[escapes, escapesOfEscapes]
    .map((pattern) => `replaceRegexpAll(${expression}, ${literal(pattern)}, ' ')`)
    .flatMap((text) => [
      text,
      `replaceRegexpAll(${text}, ${literal(encodedAgain)}, ${literal(String.raw`%\1`)})`,
    ])
    .join(', ')}]`
  const decoded = "replaceRegexpAll(replaceAll(r, '%40', '@'), '%2[Bb]', '+')"
  const plain = `arrayMap(r -> replaceRegexpAll(${decoded}, ${literal(otherEncoded)}, ' '), ${readings})`
  const found = patterns.map((pattern) => `extractAll(p, ${literal(pattern)})`).join(', ')
  return `arrayDistinct(arrayMap(a -> lower(a), arrayFlatten(arrayMap(p -> arrayConcat(${found}), if(NOT match(${expression}, '@|%(?:25)*40'), [], ${plain})))))`
}

/** A condition of ClickHouse: the text may hold an address that is not all ASCII, or is written in escapes. */
export const mayHoldWideAddressSql = (expression: string): string =>
  `(match(${expression}, ${literal(`(?i)${addressSigns}`)}) AND match(${expression}, ${literal(wideSigns)}))`

const patternSigns = /[\\^$.*+?()[\]{}|/]/g

const sign = '%(?:25)*'
/** Three levels of JSON write so many. More would let a text of nothing else be looked through from each of its characters. */
const someBackslashes = `${backslash}{1,8}`
const escaped = (text: string) =>
  Array.from({ length: text.length }, (_, i) => `${someBackslashes}u${hex(text.charCodeAt(i), 4)}`).join('')
const encoded = (text: string) => [...Buffer.from(text)].map((byte) => `${sign}${hex(byte, 2)}`).join('')
const hex = (code: number, digits: number) => code.toString(16).padStart(digits, '0')

/** The same in JSON, and the bytes of UTF-8 in the address of a page. */
const invisibleEscaped = `${someBackslashes}u(?:034f|00ad|061c|180e|20(?:0[b-f]|2[a-e]|6[0-9])|feff)`
const invisibleEncoded = `${sign}(?:cd${sign}8f|c2${sign}ad|d8${sign}9c|e1${sign}a0${sign}8e|e2${sign}(?:80${sign}(?:8[b-f]|a[a-e])|81${sign}a[0-9])|ef${sign}bb${sign}bf)`
/** What stands unseen between two characters, written in any way. */
const between = `(?:[${invisible}]|${invisibleEscaped}|${invisibleEncoded})*`

const spelledPatterns = new Map<string, RegExp>()
const maxPatterns = 1_000

/** Finds `text` in whatever case, and an address however it is escaped, composed or encoded. */
export function patternOf(text: string): RegExp {
  let pattern = spelledPatterns.get(text)
  if (!pattern) {
    if (spelledPatterns.size >= maxPatterns) spelledPatterns.clear()
    spelledPatterns.set(text, (pattern = new RegExp(sourceOf(text), 'giu')))
  }
  pattern.lastIndex = 0
  return pattern
}

function sourceOf(text: string): string {
  const at = text.lastIndexOf('@')
  // An id ends where it ends: another that begins alike is somebody else's.
  if (at === -1) return String.raw`(?<![\p{L}\p{N}])${spelled(text)}(?![\p{L}\p{N}])`
  const domain = text.slice(at + 1)
  const domains = [...new Set([domain, domainToUnicode(domain) || domain])].map(spelled)
  return `${spelled(text.slice(0, at))}${between}${spelledCharacter('@')}${between}(?:${domains.join('|')})`
}

const spelled = (text: string): string => [...text.normalize('NFC')].map(spelledCharacter).join(between)

/** One character: as it is, in parts, in either case, escaped in JSON, encoded in the address of a page. */
function spelledCharacter(character: string): string {
  const wide = character === '@' ? ['\uff20'] : character === '.' ? ['\u3002', '\uff0e'] : []
  const spellings = [character, character.toLowerCase(), character.toUpperCase(), ...wide].flatMap((one) => [
    one,
    one.normalize('NFD'),
  ])
  const written = [...new Set(spellings)].flatMap((one) => [
    one.replace(patternSigns, '\\$&'),
    escaped(one),
    encoded(one),
  ])
  return `(?:${written.join('|')})`
}
