/** Begins: the features of this build, the queue, and what the stub kept until now. */
import { askBrowser } from './consent.js'
import { runFeatures } from './features.js'
import { guard } from './guard.js'
import { configure, type Settings } from './options.js'
import { namePage } from './page-name.js'
import { setMoment, type EarlyCall } from './page.js'
import { pump } from './send.js'
import { verbs } from './verbs.js'

/** Before it starts it may be the stub, which keeps its calls in `_q`. */
export type Startable = Record<string, (...args: unknown[]) => unknown> & { _q?: EarlyCall[] }

/** Gives `touchline` its verbs. */
export const start = (
  touchline: Startable,
  options: Settings,
  earlyCalls: readonly EarlyCall[] = [],
): void => {
  configure(options)
  namePage()
  askBrowser()
  for (const verb in verbs) touchline[verb] = guard((verbs as unknown as Startable)[verb] as () => unknown)
  // The first page view comes before what was called on that page while the SDK was still loading.
  runFeatures(earlyCalls[0])
  earlyCalls.forEach(([verb, args, moment]) => {
    setMoment(moment)
    ;(touchline[verb] as () => void)(...(args as []))
  })
  setMoment()
  // After the features, which may have last words when the page goes.
  ;['visibilitychange', 'pagehide', 'online'].forEach((type) =>
    addEventListener(type, pump as () => void, true),
  )
}
