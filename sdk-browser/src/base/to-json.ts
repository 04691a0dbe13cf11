/**
 * JSON as the language has it. Old libraries put a `toJSON` on the prototype of arrays that makes text of them: it is not
 * asked.
 */
export const toJson = (value: unknown): string =>
  JSON.stringify(value, function (this: Record<string, unknown>, key: string, shown: unknown) {
    const raw = this[key]
    return Array.isArray(raw) ? raw : shown
  })
