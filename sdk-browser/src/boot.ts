/** Starts the SDK from its script tag: options from the `data-` attributes, then what the stub kept. */
import type { Touchline } from './api.js'
import { guard } from './guard.js'
import type { EarlyCall } from './page.js'
import type { Settings } from './options.js'
import { start, type Features } from './start.js'

/** The stub keeps its calls in `_q`. */
type Stub = Touchline & { _q?: EarlyCall[] }

export const boot = (runFeatures: Features): unknown =>
  guard(() => {
    const { src, dataset } = document.currentScript as HTMLScriptElement
    const globals = window as unknown as Record<string, Stub>
    const options = { host: src.replace(/\/[^/]*$/, ''), ...dataset } as Settings & DOMStringMap
    const stub = globals['touchline'] || ({} as Stub)
    // The stub itself gets the verbs: what the page already holds of it goes on working.
    globals['touchline'] = globals[options.global as string] = stub
    start(stub as never, options, runFeatures, stub._q)
  })()
