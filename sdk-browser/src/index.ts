/**
 * `@touchline/browser`: the same SDK for bundlers.
 *
 *     const touchline = init({ writeKey: '…', host: 'https://t.example.com' })
 */
import type { Options, Touchline } from './base/api.js'
import { initOptions } from './options/init-options.js'
import { sayTwice } from './debug/say-twice.js'
import { createNoop } from './noop.js'
import { start } from './start.js'
import type { Startable } from './page/startable.js'

export type * from './base/api.js'

/**
 * Starts recording; a second call gives the page's one tracker. Where there is no page (a server, also one that has made itself
 * a `window`, and React Native) the verbs are there and do nothing, as they do where options are missing.
 */
export function init(options: Options): Touchline {
  if (typeof window === 'undefined' || typeof document === 'undefined') return createNoop()
  const page = navigator as { touchline?: Startable }
  if (page.touchline) {
    sayTwice(page.touchline)
    return page.touchline as unknown as Touchline
  }
  const settings = initOptions(options)
  if (!settings) return createNoop()
  page.touchline = start({}, settings)
  return page.touchline as unknown as Touchline
}
