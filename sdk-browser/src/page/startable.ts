import type { EarlyCall } from './page.js'

/** Before it starts it may be the stub, which keeps its calls in `_q`. */
export type Startable = Record<string, (...args: unknown[]) => unknown> & {
  _q?: EarlyCall[]
  /** True once a second tracker was told that this one runs. */
  twice?: unknown
}
