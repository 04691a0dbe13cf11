/** What is shown of values as sent: nothing that only says "nothing". What is stored keeps it. */

const nothing = new Set(['', 'null', 'undefined', 'n/a', 'none', 'nan'])

/** True for `""`, `null`, `"N/A"`, `"undefined"` and their like. */
export const saysNothing = (value: unknown) =>
  value === null ||
  value === undefined ||
  (typeof value === 'string' && nothing.has(value.trim().toLowerCase()))

/** The object in JSON text without null-like values of its own. Text that is no object gives an empty one. */
export function shownObject(json: string | undefined): Record<string, unknown> {
  if (json === undefined || json === '') return {}
  const value: unknown = JSON.parse(json)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {}
  return Object.fromEntries(Object.entries(value).filter(([, one]) => !saysNothing(one)))
}

/** As sent, nothing left out. */
export function storedObject(json: string): Record<string, unknown> {
  const value: unknown = json === '' ? {} : JSON.parse(json)
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
