/** Days of a zone's calendar. Pure. */

/** `2026-03-01` of a moment, as the zone's calendar has it. */
export function dayOf(at: number, zone: string): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone: zone }).format(at)
}

/** When a day begins in a zone; where the clock changes, too. */
export function startOf(day: string, zone: string): number {
  const utc = Date.parse(day)
  const offset = offsetAt(utc, zone)
  const start = utc - offset
  const corrected = utc - offsetAt(start, zone)
  return corrected === start ? start : Math.min(start, corrected)
}

function offsetAt(at: number, zone: string): number {
  const parts = new Intl.DateTimeFormat('sv-SE', {
    timeZone: zone,
    dateStyle: 'short',
    timeStyle: 'medium',
  }).format(at)
  return Date.parse(`${parts.replace(' ', 'T')}Z`) - Math.floor(at / 1_000) * 1_000
}
