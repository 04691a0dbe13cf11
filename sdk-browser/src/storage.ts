/** localStorage where it works, silence where it does not: refused, full, frozen, or absent. Callers keep their own memory. */
import { guard } from './guard.js'

export const getItem = guard((key: string) => localStorage.getItem(key))
export const setItem = guard((key: string, value: string) => localStorage.setItem(key, value))
export const removeItem = guard((key: string) => localStorage.removeItem(key))
const allKeys = guard(() => Object.keys(localStorage))

export const keysFrom = (prefix: string): string[] =>
  (allKeys() || []).filter((key) => key.startsWith(prefix))
