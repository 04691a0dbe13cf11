/** As chosen.ts, without a word. */
import { options, type Settings } from './options.js'

export const chosen = (name: keyof Settings | 'writeKey', ...values: string[]): string | undefined => {
  const value = options[name as 'gpc']
  return value == null || values.includes(value) ? value : values.pop()
}
