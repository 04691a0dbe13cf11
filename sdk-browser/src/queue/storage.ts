/** localStorage where it works, silence where it does not: refused, full, frozen, or absent. Callers keep their own memory. */
import { guard } from '../base/guard.js'

export const getItem = guard((key: string): string | undefined => localStorage[key] as string | undefined)

/** Without a value, the key goes. */
export const setItem = guard((key: string, value?: string | number): void => {
  if (value) localStorage[key] = value
  else delete localStorage[key]
})

export const keysFrom = (prefix: string): string[] =>
  Object.keys(localStorage).filter((key) => key.startsWith(prefix))
