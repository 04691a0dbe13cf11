/** localStorage where it works, silence where it does not: refused, full, frozen, or absent. Callers keep their own memory. */
import { guard } from './guard.js'

export const getItem = guard((key: string): string | undefined => localStorage[key] as string | undefined)
export const setItem = guard((key: string, value: string) => {
  localStorage[key] = value
})
export const removeItem = guard((key: string) => {
  delete localStorage[key]
})

export const keysFrom = guard((prefix: string) =>
  Object.keys(localStorage).filter((key) => key.startsWith(prefix)),
)
