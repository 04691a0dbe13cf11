/** Starts the SDK from its script tag: options from the `data-` attributes, then what the stub kept. */
import { isDebugged } from './options/debug-tag.js'
import { guard } from './base/guard.js'
import type { Settings } from './options/options.js'
import { ownScript } from './options/own-script.js'
import { sayTwice } from './debug/say-twice.js'
import { start } from './start.js'
import type { Startable } from './page/startable.js'

guard(() => {
  const script = ownScript() as HTMLScriptElement
  const globals = window as unknown as Record<string, Startable | undefined>
  const options = { host: script.src.replace(/.[^/]*$/, ''), ...script.dataset } as Settings
  if (isDebugged(options)) return
  // A page has one tracker, whichever build it is: a tag that stands there twice, or that Turbo runs again, gives that one.
  // It is kept where no element of the page can stand in its place.
  const page = navigator as { touchline?: Startable }
  if (page.touchline) sayTwice(page.touchline)
  // The stub itself gets the verbs: what the page already holds of it goes on working. An element whose id is
  // `touchline` stands there too, and is none.
  const { touchline } = globals
  globals['touchline'] =
    globals[options.global || 'touchline'] =
    page.touchline =
      page.touchline || start(touchline && ((touchline._q || 0) as unknown[]).map ? touchline : {}, options)
})()
