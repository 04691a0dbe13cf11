/**
 * A page has one tracker, and the modules are its closure: state stands in module scope, where the minifier can drop
 * every name. Nothing runs at import; `start()` is the beginning.
 */
import type { Options } from './api.js'

export let options: Options

export const configure = (given: Options): void => {
  options = given
}
