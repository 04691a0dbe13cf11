/** localStorage where it works, silence where it does not: refused, full, frozen, or absent. Callers keep their own memory. */

export function attempt<T>(run: () => T): T | undefined {
  try {
    return run()
  } catch {
    return undefined
  }
}

export const storage = {
  get: (key: string): string => attempt(() => localStorage.getItem(key)) || '',
  set: (key: string, value: string): void => attempt(() => localStorage.setItem(key, value)),
  remove: (key: string): void => attempt(() => localStorage.removeItem(key)),
  /** Keys that begin with `prefix`. */
  keys: (prefix: string): string[] =>
    attempt(() => Object.keys(localStorage).filter((key) => key.indexOf(prefix) === 0)) || [],
}
