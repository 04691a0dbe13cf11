/** Lines of JSON that begin alike: what they have in common is written once. */
export function openLines(common: Readonly<Record<string, unknown>>): (own: object) => string {
  const start = JSON.stringify(common).slice(0, -1)
  return (own) => `${start},${JSON.stringify(own).slice(1)}\n`
}
