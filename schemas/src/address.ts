/**
 * The one form of an email address, so that one person is not two: `jana@münchen.de` as a server sends it,
 * `jana@xn--mnchen-3ya.de` as a browser's input field gives it, and the same pasted with a zero-width blank.
 *
 *     canonical = trimmed, without invisible characters, NFC, in lower case, the domain in ASCII (IDNA)
 *     pasted    = [ name "<" ] [ "mailto:" ] address [ "?subject=…" ] [ ">" ] [ "." | "," | ";" ]     of which the address counts
 *
 * It is stored and compared so; answers show it in Unicode (`shownAddresses`).
 */
import { domainToASCII, domainToUnicode } from 'node:url'

const onlyAscii = /^[\x21-\x7e]*$/
// Soft hyphen, zero-width blanks and joiners, marks of direction, byte order mark: pasted along, and never meant.
const invisible = /\u034f|[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g

/** Trimmed, without what cannot be seen, NFC. */
export function plainText(text: string): string {
  const trimmed = text.trim()
  return onlyAscii.test(trimmed) ? trimmed : trimmed.replace(invisible, '').normalize('NFC').trim()
}

/** No host has a longer name (RFC 1035). */
export const longestHost = 253

/** A host in lower case and ASCII; undefined where it is no host that IDNA knows. */
export function canonicalHost(host: string): string | undefined {
  const plain = plainText(host).toLowerCase()
  if (onlyAscii.test(plain)) return plain === '' ? undefined : plain
  const ascii = domainToASCII(plain)
  return ascii === '' ? undefined : ascii
}

/** Of what mail programs and links give when an address is copied out of them. */
const longestPasted = 400

function unpasted(text: string): string {
  if (text.length > longestPasted) return text
  const bare = text.replace(/[\s.,;]+$/, '')
  const named = bare.endsWith('>') ? bare.slice(bare.lastIndexOf('<') + 1, -1) : bare
  return named.startsWith('mailto:') ? named.slice('mailto:'.length).replace(/\?.*$/s, '') : named
}

/** An address in its one form, whatever its shape; text without an `@` is only put in lower case. */
export function canonicalAddress(address: string): string {
  // Input methods of East Asia type a wide "@".
  const plain = unpasted(plainText(address).replace('\uff20', '@').toLowerCase())
  if (onlyAscii.test(plain)) return plain
  const at = plain.lastIndexOf('@')
  if (at === -1) return plain.normalize('NFC')
  const domain = plain.slice(at + 1)
  return `${plain.slice(0, at).normalize('NFC')}@${canonicalHost(domain) ?? domain}`
}

const encodedHost = /(?<=@|domain:)(?:[a-z0-9-]+\.)*xn--[a-z0-9-]+(?:\.[a-z0-9-]+)*/g

/** Text with the domains of its addresses and of `domain:` accounts in Unicode. */
export const shownAddresses = (text: string): string =>
  text.includes('xn--') ? text.replace(encodedHost, (host) => domainToUnicode(host) || host) : text
