/** In place of chosen.ts in t.debug.js: says also which values are known. */
import { options, type Settings } from './options.js'
import { warn } from '../base/warn.js'

export const chosen = (name: keyof Settings | 'writeKey', ...values: string[]): string | undefined => {
  const value = options[name as 'gpc']
  if (value == null || values.includes(value)) return value
  const last = values[values.length - 1]
  warn(`unknown ${name}="${value}", taken for "${last}"; known: ${values.join(', ')}`)
  return last
}
