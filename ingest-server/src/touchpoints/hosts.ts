/** The host that an address names, as collect stores it: lower case, without user, port and `www.`; empty where there is none. */
import { longestHost } from '@touchline/schemas'

const authority = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i

export function hostOf(url: string): string {
  const found = authority.exec(url)?.[1]
  if (found === undefined) return ''
  const host = found.slice(found.lastIndexOf('@') + 1).toLowerCase()
  const named = host.replace(/:\d*$/, '')
  return named.length > longestHost ? '' : named.replace(/^www\./, '')
}
