/**
 * A path of the Explorer, or undefined: what comes from an address must not lead to another host, and `//evil.example`,
 * `/\evil.example` and `/%0a//…` would.
 */
export function safePath(to: string | null | undefined): string | undefined {
  if (!to || !/^\/(?![/\\])/.test(to) || hasControl(to)) return undefined
  const url = new URL(to, 'http://explorer.invalid')
  return url.origin === 'http://explorer.invalid' ? url.pathname + url.search : undefined
}

const hasControl = (text: string) => [...text].some((one) => one < ' ' || one === '\u007f')
