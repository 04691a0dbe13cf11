/** Starts the SDK from its script tag: options from the `data-` attributes, then what the stub kept. */
import type { Options, Touchline } from './api.js'
import { guard } from './guard.js'
import type { EarlyCall } from './page.js'
import { start, type Feature } from './start.js'

/** The stub keeps its calls in `_q`. */
type Stub = Touchline & { _q?: EarlyCall[] }

export const boot = (runFeatures: Feature): unknown =>
  guard(() => {
    const { src, dataset } = document.currentScript as HTMLScriptElement
    const globals = window as unknown as Record<string, Stub>
    const options = { host: src.replace(/\/[^/]*$/, ''), ...dataset, writeKey: dataset.key } as Options
    const stub = globals['touchline'] || ({} as Stub)
    // The stub itself gets the verbs: what the page already holds of it goes on working.
    globals['touchline'] = globals[options.global || 'touchline'] = stub
    start(stub as never, options, runFeatures, stub._q)
  })()
