/**
 * Which web origins may use a key. A pattern is matched whole, never as a substring:
 *
 *     pattern = [ scheme "://" ] host [ ":" port ]       scheme = http | https, absent: either
 *     host    = name | "*." name                         *. is one or more labels, and not the name itself
 *     port    = digits | "*"                             absent: the scheme's own (80, 443)
 *
 * An origin is a promise of browsers only: a script writes whatever it likes. A binding keeps other people's
 * pages from using a key that stands in ours; it does not authenticate anybody.
 */
const patternShape =
  /^(?:(https?):\/\/)?(\*\.)?([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::(\d{1,5}|\*))?$/i

export const isOriginPattern = (text: string): boolean => patternShape.test(text)

const defaultPorts: Record<string, string> = { 'http:': '80', 'https:': '443' }

/** True where `origin`, as a browser writes it, matches one of `patterns`. `null` (a sandboxed frame, a file) never does. */
export function matchesOrigin(patterns: readonly string[], origin: string): boolean {
  const asked = originParts(origin)
  return asked !== undefined && patterns.some((pattern) => matches(pattern, asked))
}

interface OriginParts {
  scheme: string
  host: string
  port: string
}

function originParts(origin: string): OriginParts | undefined {
  if (!URL.canParse(origin)) return undefined
  const url = new URL(origin)
  const isBare = url.username === '' && url.password === '' && url.pathname === '/' && url.search === ''
  const usual = defaultPorts[url.protocol]
  if (usual === undefined || !isBare) return undefined
  return { scheme: url.protocol.slice(0, -1), host: url.hostname, port: url.port || usual }
}

function matches(pattern: string, asked: OriginParts): boolean {
  const parts = patternShape.exec(pattern.toLowerCase())
  if (!parts) return false
  const [, scheme, star, name = '', port] = parts
  if (scheme !== undefined && scheme !== asked.scheme) return false
  if (port !== '*' && asked.port !== (port ?? defaultPorts[`${asked.scheme}:`])) return false
  return star === undefined ? asked.host === name : asked.host.endsWith(`.${name}`)
}
