/** The verbs where there is no page: server-side rendering may call them all. */
import type { Touchline } from './base/api.js'

export const createNoop = (): Touchline => ({
  track: () => {},
  identify: () => {},
  identifyOrReset: () => {},
  page: () => {},
  group: () => {},
  alias: () => {},
  reset: () => {},
  setUserToken: () => {},
  ready: () => {},
  flush: async () => {},
  optIn: () => {},
  optOut: () => {},
  on: () => {},
  anonymousId: () => undefined,
  user: () => ({}),
})
