/** In t.core.js calls of the stub have the time and the page at which the SDK was there. */
import type { EarlyCall, Moment } from './page.js'

let lastTimeMs = 0

/** Two events of a page never share a millisecond. */
export const moment = (): Moment => [
  (lastTimeMs = Math.max(Date.now(), lastTimeMs + 1)),
  location.href,
  document.title,
]
export const referrer = (): string => document.referrer
export const replay = (
  calls: readonly EarlyCall[],
  runFeatures: () => void,
  verbs: Record<string, (...args: unknown[]) => unknown>,
): void => {
  runFeatures()
  calls.forEach(([verb, args]) => (verbs[verb] as () => void)(...(args as [])))
}
export { cleanUrl } from './clean-url.js'
