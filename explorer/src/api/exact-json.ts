/**
 * JSON whose numbers beyond 2^53 are shown as they were sent: JSON.parse rounds them. Browsers before 2025 round them still,
 * for they do not say what stood in the text.
 */

interface WithSource {
  rawJSON?: (text: string) => unknown
  parse: (
    text: string,
    revive: (name: string, value: unknown, context?: { source?: string }) => unknown,
  ) => unknown
}
const { rawJSON, parse } = JSON as unknown as WithSource

/** Counts and compares as the nearest number, and is written by its digits. */
class ExactNumber extends Number {
  constructor(readonly digits: string) {
    super(digits)
  }
  override toString(): string {
    return this.digits
  }
  toJSON(): unknown {
    return rawJSON?.(this.digits)
  }
}

// 16 digits, or an exponent. Nearly no answer has one.
const mayBeRounded = /[:,[\s]-?\d(?:[\d.]{15}|[\d.]*[eE])/

export function parseExact(text: string): unknown {
  if (rawJSON === undefined || !mayBeRounded.test(text)) return JSON.parse(text)
  return parse(text, (_name, value, { source = '' } = {}) =>
    typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER ? new ExactNumber(source) : value,
  )
}

/** The JSON text over several lines; as it is where it is none. */
export function indented(text: string): string {
  try {
    return JSON.stringify(parseExact(text), null, 2)
  } catch {
    return text
  }
}
