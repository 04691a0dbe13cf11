/** `<url>/#code=…&to=…`: in the fragment, which no browser sends to a server, so that it stands in no log of requests. */
export function linkOf(url: string, code: string, to?: string): string {
  return `${url}/#code=${code}${to === undefined ? '' : `&to=${encodeURIComponent(to)}`}`
}
