/** Which page an event is of. In t.core.js page.core.ts stands in its place. */
export { cleanUrl } from './clean-url.js'

/** When and on which page something happens. */
export type Moment = readonly [timeMs: number, href: string, title: string]

let replayed: Moment | undefined

let lastTimeMs = 0

/** Two moments of a page are never of one millisecond, so that the order of events survives; unless the clock was set back. */
export function moment(): Moment {
  const [timeMs, href, title] = replayed || [Date.now(), location.href, document.title]
  lastTimeMs = timeMs > lastTimeMs || timeMs < lastTimeMs - 1_000 ? timeMs : lastTimeMs + 1
  return [lastTimeMs, href, title]
}

/** Runs `run` as if it happened at that moment. */
export function at(then: Moment | undefined, run: () => void): void {
  replayed = then
  run()
  replayed = undefined
}

/** A call that the stub kept until the SDK was there. */
export type EarlyCall = readonly [verb: string, args: unknown[], ...moment: Moment]

/** Runs the calls of the stub as if they happened when it was called; before them the features, as at the first. */
export function replay(
  calls: readonly EarlyCall[],
  runFeatures: () => void,
  verbs: Record<string, (...args: unknown[]) => unknown>,
): void {
  const momentOf = (call: EarlyCall | undefined) => call && (call.slice(2) as unknown as Moment)
  at(momentOf(calls[0]), runFeatures)
  calls.forEach((call) => at(momentOf(call), () => (verbs[call[0]] as () => void)(...(call[1] as []))))
}

/** Addresses: of the last page view, and of the one before it in a single-page app. */
export const page = { url: '', before: '' }

export const referrer = (): string => page.before || document.referrer
