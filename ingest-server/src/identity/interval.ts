/** Half-open intervals [from, to); null or undefined is open. Pure. */

/** Whether [from, to) holds `at`. Times are milliseconds, or ISO texts in UTC, which compare alike. */
export const isWithin = <Time extends number | string>(
  { from, to }: { from: Time | null | undefined; to: Time | null | undefined },
  at: Time,
): boolean =>
  (from === null || from === undefined || at >= from) && (to === null || to === undefined || at < to)
