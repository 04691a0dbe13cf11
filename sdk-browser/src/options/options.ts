/**
 * A page has one tracker, and the modules are its closure: state stands in module scope, where the minifier can drop
 * every name. Nothing runs at import; `start()` is the beginning.
 */
import type { Options } from '../base/api.js'

/** The options as the tag spells them. */
export interface Settings extends Omit<Options, 'writeKey'> {
  key: string
  host: string
  debug?: string
}

export let options: Settings
/** Begins the keys of the outbox. */
export let queuePrefix: string

export const configure = (given: Settings): void => {
  options = given
  queuePrefix = `tl.q.${given.key}.`
}
