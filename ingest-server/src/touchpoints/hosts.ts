/** The host that an address names, as collect stores it: lower case, without user, port and `www.`; empty where there is none. */
const authority = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i

export function hostOf(url: string): string {
  const found = authority.exec(url)?.[1]
  if (found === undefined) return ''
  const host = found.slice(found.lastIndexOf('@') + 1).toLowerCase()
  return host.replace(/:\d*$/, '').replace(/^www\./, '')
}
