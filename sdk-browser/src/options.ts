/**
 * A page has one tracker, and the modules are its closure: state stands in module scope, where the minifier can drop
 * every name. Nothing runs at import; `start()` is the beginning.
 */
import type { Options } from './api.js'
import { newPageName } from './adopt.js'

export let options: Options
/** Begins the keys of every page's part of the outbox … */
export let queuePrefix: string
/** … and of this page's. */
export let pageName: string

export const configure = (given: Options): void => {
  options = given
  queuePrefix = `tl.q.${given.writeKey}.`
  pageName = queuePrefix + newPageName()
}
