/** Begins: the features of this build, the queue, and what the stub kept until now. */
import { checkNames } from './options/check-names.js'
import { askBrowser } from './visitor/consent.js'
import { explainCalls } from './debug/explain.js'
import { runFeatures } from './features.js'
import { guard } from './base/guard.js'
import { configure, type Settings } from './options/options.js'
import { setMoment } from './page/page.js'
import { pump } from './send/send.js'
import type { Startable } from './page/startable.js'
import { verbs } from './record/verbs.js'

/** Gives `touchline` its verbs, and hears what was called on it before. */
export const start = (touchline: Startable, options: Settings): Startable => {
  const earlyCalls = touchline._q || []
  configure(options)
  checkNames()
  askBrowser()
  for (const verb in verbs) touchline[verb] = guard((verbs as unknown as Startable)[verb] as () => unknown)
  explainCalls(touchline)
  // The first page view comes before what was called on that page while the SDK was still loading.
  runFeatures(earlyCalls)
  earlyCalls.forEach(([verb, args, moment]) => {
    setMoment(moment)
    ;(touchline[verb] as (...args: unknown[]) => void)(...args)
  })
  setMoment()
  // After the features, which may have last words when the page goes.
  ;['visibilitychange', 'pagehide', 'online'].forEach((type) =>
    addEventListener(type, pump as () => void, true),
  )
  return touchline
}
