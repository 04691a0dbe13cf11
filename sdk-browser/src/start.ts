/** Begins: the features of this build, the queue, and what the stub kept until now. */
import { askBrowser } from './consent.js'
import { guard, listen } from './guard.js'
import { configure, type Settings } from './options.js'
import { at, type EarlyCall } from './page.js'
import { pump } from './send.js'
import { verbs } from './verbs.js'

export type Feature = () => void
export type Features = (firstCall?: EarlyCall) => void

/** Gives `touchline` its verbs. */
export const start = (
  touchline: Record<string, (...args: unknown[]) => unknown>,
  options: Settings,
  runFeatures: Features,
  earlyCalls: readonly EarlyCall[] = [],
): void => {
  configure(options)
  askBrowser()
  for (const verb in verbs)
    touchline[verb] = guard((verbs as unknown as typeof touchline)[verb] as () => unknown)
  // The first page view comes before what was called on that page while the SDK was still loading.
  runFeatures(earlyCalls[0])
  earlyCalls.forEach(([verb, args, moment]) =>
    at(moment, () => (touchline[verb] as () => void)(...(args as []))),
  )
  // After the features, which may have last words when the page goes.
  ;['visibilitychange', 'pagehide', 'online'].forEach((type) => listen(type, pump))
}
