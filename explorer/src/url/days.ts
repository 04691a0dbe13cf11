/** Days of a zone's calendar. Pure. */

/** `2026-03-01` of a moment, as the zone's calendar has it. */
export function dayOf(at: number, zone: string): string {
  return formatsOf(zone).day.format(at)
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
  const text = formatsOf(zone).moment.format(at)
  return Date.parse(`${text.replace(' ', 'T')}Z`) - Math.floor(at / 1_000) * 1_000
}

const made = new Map<string, { day: Intl.DateTimeFormat; moment: Intl.DateTimeFormat }>()

/** Making a formatter costs a thousand times what using it does; Swedish writes dates as ISO 8601 does. */
function formatsOf(zone: string) {
  const known = made.get(zone)
  if (known !== undefined) return known
  const formats = {
    day: new Intl.DateTimeFormat('sv-SE', { timeZone: zone }),
    moment: new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' }),
  }
  made.set(zone, formats)
  return formats
}
