/**
 * The order of events, and with it of everything formed from them: by time; at one time by when they were received,
 * inside one request by their place in it. Message ids are random in most SDKs, so they decide last.
 */
export interface Ordered {
  /** Milliseconds since 1970, as `receivedAt`. */
  at: number
  receivedAt: number
  batchIndex: number
  messageId: string
}

export const compareText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

export const byTime = (a: Ordered, b: Ordered) => a.at - b.at || byReceipt(a, b)

/** Which was received first. */
export const byReceipt = (a: Ordered, b: Ordered) =>
  a.receivedAt - b.receivedAt || a.batchIndex - b.batchIndex || compareText(a.messageId, b.messageId)

// Milliseconds until the year 5138 and places up to 46,655, so that text compares as the numbers do.
const receivedDigits = 9
const placeDigits = 3

/** Text that orders what happened at one time as `byTime` does. For cursors. */
export function receiptKey({ receivedAt, batchIndex, messageId }: Ordered): string {
  const received = Math.max(0, receivedAt).toString(36).padStart(receivedDigits, '0')
  return `${received}${batchIndex.toString(36).padStart(placeDigits, '0')}${messageId}`
}
