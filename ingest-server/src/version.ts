import { readFileSync } from 'node:fs'

/** Of the server's package. Both src and dist stand beside its package.json. */
export function serverVersion(): string {
  const file = new URL('../package.json', import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}
