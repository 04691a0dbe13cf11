/**
 * `@touchline/browser`: the same SDK for bundlers.
 *
 *     const touchline = init({ writeKey: '…', host: 'https://t.example.com' })
 */
import type { Options, Touchline } from './api.js'
import { createSilence } from './silence.js'
import { start } from './start.js'

export type * from './api.js'

/** Starts recording. On a server, where there is no `window`, the verbs are there and do nothing. */
export function init(options: Options): Touchline {
  if (typeof window === 'undefined') return createSilence()
  const touchline = {}
  start(touchline, { host: '', ...options, key: options.writeKey })
  return touchline as Touchline
}
