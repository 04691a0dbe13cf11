/** Begins: the features of this build, the queue, and what the stub kept until now. */
import type { Options } from './api.js'
import { guard, listen } from './guard.js'
import { configure } from './options.js'
import { replay, type EarlyCall } from './page.js'
import { pump } from './send.js'
import { verbs } from './verbs.js'

export type Feature = () => void

/** Gives `touchline` its verbs. */
export function start(
  touchline: Record<string, (...args: unknown[]) => unknown>,
  options: Options,
  runFeatures: Feature,
  earlyCalls: readonly EarlyCall[] = [],
): void {
  configure(options)
  const run = verbs as unknown as typeof touchline
  for (const verb in run) touchline[verb] = guard(run[verb] as () => unknown)
  // The first page view comes before what was called on that page while the SDK was still loading.
  replay(earlyCalls, runFeatures, touchline)
  // After the features, which may have last words when the page goes.
  for (const type of ['visibilitychange', 'pagehide', 'online']) listen(type, pump)
}
