/** Begins: the queue, the features of this build, and what the stub kept until now. */
import type { Options, Touchline } from './api.js'
import { guard, listen } from './guard.js'
import { tell } from './hooks.js'
import { configure } from './options.js'
import { openOutbox } from './outbox.js'
import { at, moment, type Moment } from './page.js'
import { releasePages } from './page-ownership.js'
import { flush, wake } from './send.js'
import { verbs } from './verbs.js'

export type Feature = (touchline: Touchline) => void

/** A call that the stub kept until the SDK was there. */
export type EarlyCall = readonly [verb: keyof Touchline, args: unknown[], ...moment: Moment]

export function start(
  options: Options,
  features: readonly Feature[],
  earlyCalls: readonly EarlyCall[],
): Touchline {
  configure(options)
  const touchline = {} as { [verb: string]: (...args: unknown[]) => unknown }
  Object.entries(verbs).forEach(([verb, run]) => (touchline[verb] = guard(run)))
  const open = guard(() => openOutbox(flush))
  open()

  const [first] = earlyCalls
  // The first page view comes before what was called on that page while the SDK was still loading.
  at(first ? [first[2], first[3], first[4]] : moment(), () =>
    features.forEach((feature) => guard(feature)(touchline as unknown as Touchline)),
  )
  earlyCalls.forEach(([verb, args, ...then]) =>
    at(then, () => (touchline[verb] as (...a: unknown[]) => unknown)(...args)),
  )

  listen(document, 'visibilitychange', () => document.visibilityState === 'hidden' && flush())
  listen(window, 'pagehide', () => {
    tell('leave')
    void flush()
    releasePages()
  })
  listen<PageTransitionEvent>(window, 'pageshow', (event) => event.persisted && open())
  listen(window, 'online', flush)
  listen(document, 'prerenderingchange', () => wake())
  return touchline as unknown as Touchline
}
