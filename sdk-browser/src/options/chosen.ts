/** Options by their value. */
import { options, type Settings } from './options.js'
import { warn } from '../base/warn.js'

/**
 * What the site chose of these values; undefined where it said nothing. A value that is not known means the last, which
 * lets the least happen, and the console says so: a slip of the pen never lets more happen than was meant.
 */
export const chosen = (name: keyof Settings | 'writeKey', ...values: string[]): string | undefined => {
  const value = options[name as 'gpc']
  if (value == null || values.includes(value)) return value
  warn(`unknown ${name}="${value}"`)
  return values.pop()
}
