/** Starts the SDK from its script tag: options from the `data-` attributes, then what the stub kept. */
import type { Options, Touchline } from './api.js'
import { guard } from './guard.js'
import { start, type EarlyCall, type Feature } from './start.js'

/** The stub keeps its calls in `_q`. */
type Stub = Partial<Touchline> & { _q?: EarlyCall[] }

export const boot = guard((features: readonly Feature[]) => {
  const script = document.currentScript as HTMLScriptElement
  const { dataset } = script
  const options = { host: new URL(script.src).origin, ...dataset, writeKey: dataset.key } as Options
  const globals = window as unknown as { [name: string]: Stub | undefined }
  const names = ['touchline', options.global || 'touchline'] as const
  const stub = globals[names[1]] || globals[names[0]] || {}
  const touchline = start(options, features, stub._q || [])
  names.forEach((name) => (globals[name] = touchline))
})
