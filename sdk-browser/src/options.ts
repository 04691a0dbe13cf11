/**
 * A page has one tracker, and the modules are its closure: state stands in module scope, where the minifier can drop
 * every name. Nothing runs at import; `start()` is the beginning.
 */
import type { Options } from './api.js'
import { newId } from './ids.js'

export let options: Options
/** Where this page keeps its part of the outbox. */
export let pageName: string

export const configure = (given: Options): void => {
  options = given
  pageName = `${queuePrefix()}${newId(Date.now())}`
}

export const queuePrefix = (): string => `tl.q.${options.writeKey}.`
