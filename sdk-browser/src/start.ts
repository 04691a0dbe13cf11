/** Begins: the features of this build, the queue, and what the stub kept until now. */
import type { Options, Touchline } from './api.js'
import { guard, listen } from './guard.js'
import { tell } from './hooks.js'
import { configure } from './options.js'
import { openOutbox } from './adopt.js'
import { at, type Moment } from './page.js'
import { releasePages } from './page-ownership.js'
import { flush } from './send.js'
import { verbs } from './verbs.js'

export type Feature = () => void

/** A call that the stub kept until the SDK was there. */
export type EarlyCall = readonly [verb: keyof Touchline, args: unknown[], ...moment: Moment]

/** Gives `touchline` its verbs. */
export function start(
  touchline: Touchline,
  options: Options,
  features: readonly Feature[],
  earlyCalls: readonly EarlyCall[] = [],
): Touchline {
  const run = touchline as unknown as Record<string, (...args: unknown[]) => unknown>
  configure(options)
  for (const verb in verbs) run[verb] = guard((verbs as unknown as typeof run)[verb] as (typeof run)[string])

  listen(document, 'visibilitychange', () => document.hidden && flush())
  listen(window, 'pagehide', () => {
    tell('leave')
    void flush()
    releasePages()
  })
  listen<PageTransitionEvent>(window, 'pageshow', (event) => event.persisted && openOutbox())
  listen(window, 'online', flush)

  // The first page view comes before what was called on that page while the SDK was still loading.
  at(earlyCalls[0] && (earlyCalls[0].slice(2) as unknown as Moment), () =>
    features.forEach((feature) => guard(feature)()),
  )
  earlyCalls.forEach(([verb, args, ...then]) => at(then, () => (run[verb] as () => void)(...(args as []))))
  guard(openOutbox)()
  return touchline
}
