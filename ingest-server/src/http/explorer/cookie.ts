/** The cookie of the Explorer: what it is called where, and how it is set and taken back. */
import type { FastifyReply, FastifyRequest } from 'fastify'

const plainName = 'touchline_explorer'
/** With this prefix a browser takes it only from this very host, over https, for all paths. */
const hostName = `__Host-${plainName}`
/** A project's cookies are some hundred bytes; whoever sends more of them plays. */
const maxTried = 4

/** Over https, or behind a proxy that says so, or at the address that PUBLIC_URL says is https. */
export function isHttps({ protocol, headers }: FastifyRequest, publicUrl: string | undefined): boolean {
  if (protocol === 'https') return true
  if (publicUrl === undefined || !URL.canParse(publicUrl)) return false
  const known = new URL(publicUrl)
  return known.protocol === 'https:' && headers.host === known.host
}

/** What stands in cookies of our name; over https only those that no other host and no plain connection can have set. */
export function tokensIn({ headers }: FastifyRequest, isSecure: boolean): string[] {
  const wanted = isSecure ? hostName : plainName
  const found: string[] = []
  for (const pair of (headers.cookie ?? '').split(';')) {
    const at = pair.indexOf('=')
    if (at === -1 || pair.slice(0, at).trim() !== wanted) continue
    found.push(pair.slice(at + 1).trim())
    if (found.length === maxTried) break
  }
  return found
}

export const hasSessionCookie = ({ headers }: FastifyRequest): boolean =>
  headers.cookie?.includes(`${plainName}=`) === true

export function setSession(
  reply: FastifyReply,
  { token, seconds, isSecure }: { token: string; seconds: number; isSecure: boolean },
): void {
  void reply.header('set-cookie', written(token, seconds, isSecure))
}

export function clearSession(reply: FastifyReply, isSecure: boolean): void {
  void reply.header('set-cookie', written('', 0, isSecure))
}

function written(token: string, seconds: number, isSecure: boolean): string {
  const name = isSecure ? hostName : plainName
  return `${name}=${token}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`
}
