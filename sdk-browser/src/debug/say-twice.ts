/** A page has one tracker, and whatever would be the second says so, once. In t.lite.js and t.core.js it does not. */
import type { Startable } from '../page/startable.js'
import { warn } from '../base/warn.js'

export const sayTwice = (running: Startable): void => {
  if (!running.twice) warn('runs already')
  running.twice = 1
}
