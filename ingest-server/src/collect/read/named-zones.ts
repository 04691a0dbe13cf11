/**
 * Zones by their names, at the end of a time or where C and Java write them, before the year:
 *
 *     2026-03-01 12:00:00 CET, … EST, … MESZ        PHP (T), Python (%Z), PostgreSQL
 *     2026-03-01 12:00:00 Europe/Berlin, …[Europe/Berlin]   PHP (e), Java
 *     Sun Mar 01 12:00:00 CET 2026                  Java Date.toString, date(1)
 *
 * An abbreviation that is two zones of the world in daily use (IST of India, Israel and Ireland; AST) means none.
 */
import { DateTime, IANAZone } from 'luxon'

/** Minutes east of UTC. The letters of the United States are those of mail (RFC 5322). */
const minutesOf: ReadonlyMap<string, number> = new Map(
  Object.entries({
    EST: -300,
    EDT: -240,
    CST: -360,
    CDT: -300,
    MST: -420,
    MDT: -360,
    PST: -480,
    PDT: -420,
    AKST: -540,
    AKDT: -480,
    HST: -600,
    NST: -210,
    NDT: -150,
    BRT: -180,
    ART: -180,
    UYT: -180,
    CLT: -240,
    CLST: -180,
    COT: -300,
    PET: -300,
    UCT: 0,
    UT: 0,
    WET: 0,
    WEST: 60,
    BST: 60,
    CET: 60,
    CEST: 120,
    MET: 60,
    MEST: 120,
    MEZ: 60,
    MESZ: 120,
    EET: 120,
    EEST: 180,
    MSK: 180,
    TRT: 180,
    WAT: 60,
    CAT: 120,
    SAST: 120,
    EAT: 180,
    PKT: 300,
    NPT: 345,
    WIB: 420,
    ICT: 420,
    WITA: 480,
    HKT: 480,
    SGT: 480,
    MYT: 480,
    PHT: 480,
    AWST: 480,
    WIT: 540,
    JST: 540,
    KST: 540,
    ACST: 570,
    ACDT: 630,
    AEST: 600,
    AEDT: 660,
    NZST: 720,
    NZDT: 780,
  }),
)

const abbreviationAtEnd = /^(.*\d(?:\s?[ap]\.?m\.?(?![a-z]))?)\s?\(?([a-z]{2,5})\)?$/i
const abbreviationBeforeYear = /^([a-z]{3} [a-z]{3} +\d\d? \d\d:\d\d:\d\d) ([a-z]{2,5}) (\d{4})$/i
const regionAtEnd = /^(.*\d(?:\s?[ap]\.?m\.?(?![a-z]))?)\s?[[(]?([a-z]+(?:\/[a-z_+-]+\d{0,2}){1,2})[\])]?$/i

// Behind an offset the name of the zone says nothing more.
const hasOffset = /\d:\d\d.*[+-]\d\d/
const isNumber = /^[\d.]*$/

/** The time of a text that ends in the name of its zone; `readUtc` reads the rest as one in UTC. */
export function timeInNamedZone(
  text: string,
  readUtc: (text: string) => number | undefined,
): number | undefined {
  const [, rest, region] = regionAtEnd.exec(text) ?? []
  if (rest !== undefined && region !== undefined) {
    const shown = IANAZone.isValidZone(region) && !isNumber.test(rest) ? readUtc(rest) : undefined
    return shown === undefined || hasOffset.test(rest) ? shown : wallTime(shown, region)
  }
  const [, day, before, year] = abbreviationBeforeYear.exec(text) ?? []
  const [, start, atEnd] = abbreviationAtEnd.exec(text) ?? []
  const minutes = minutesOf.get((before ?? atEnd ?? '').toUpperCase())
  const written = day === undefined ? (start ?? '') : `${day} ${year}`
  if (minutes === undefined || isNumber.test(written)) return undefined
  const shown = readUtc(written)
  return shown === undefined || hasOffset.test(written) ? shown : shown - minutes * 60_000
}

/** What a clock in the zone showed, as a time. `ms` is what it showed, as if in UTC. */
export const wallTime = (ms: number, zone: string): number =>
  firstOf(DateTime.fromMillis(Math.round(ms), { zone: 'UTC' }).setZone(zone, { keepLocalTime: true }))

/** A clock that is put back shows an hour twice: the first of both counts, whatever time it is now. */
export const firstOf = (date: DateTime): number =>
  Math.min(...date.getPossibleOffsets().map((possible) => possible.toMillis()))
