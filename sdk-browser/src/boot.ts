/** Starts the SDK from its script tag: options from the `data-` attributes, then what the stub kept. */
import { guard } from './guard.js'
import type { Settings } from './options.js'
import { start, type Startable } from './start.js'

guard(() => {
  const script = document.currentScript as HTMLScriptElement
  const globals = window as unknown as Record<string, Startable>
  const options = { host: script.src.replace(/\/[^/]*$/, ''), ...script.dataset } as Settings & DOMStringMap
  // The stub itself gets the verbs: what the page already holds of it goes on working.
  const touchline = globals['touchline'] || {}
  // Without a second name that is `window.undefined`, which nothing can change.
  globals['touchline'] = globals[options.global as string] = touchline
  start(touchline, options, touchline._q)
})()
