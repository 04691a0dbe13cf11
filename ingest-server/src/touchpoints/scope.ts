/**
 * Whose events a timeline shows. A scope says where to look (subjects: the second column of the primary key)
 * and, for each event found there, whether it counts, for which person and for which accounts.
 *
 *     person of an event    the user's; else the owner of its anonymous id at that time; else the email's
 *     accounts of an event  the one it names itself (context.groupId); else those the person is in at that time
 */
import type { Account } from '../identity/account-people.js'
import { firstCopies, type Copy } from './first-copies.js'
import { accountsAt, type Holding, type Person } from '../identity/people.js'
import { isWithin } from '../identity/interval.js'

/** The fields of an event that decide for whom it counts. `at` is occurred_at in milliseconds. */
export interface Placeable {
  subject: string
  at: number
  type: string
  groupId: string
}

export interface Placed {
  person: string
  accounts: readonly string[]
  /** The message by which the subject became the person's; empty where nothing had to be said. */
  because: string
}

export interface Scope {
  readonly subjects: readonly string[]
  /** Person or account id that is the key in the tables of touchpoints. */
  readonly about: { person: string } | { account: string }
  /**
   * Whether a touchpoint that counts for these accounts is shown: in the timeline of an account those that count for
   * it, of a person all.
   */
  isShown: (accounts: readonly string[]) => boolean
  /** Undefined where the event belongs to another person. */
  place: (event: Placeable) => Placed | undefined
  /** The rows that count, with their place; of each person and messageId the first received copy only. */
  placed: <Event extends Placeable & Copy>(rows: readonly Event[]) => (Placed & { row: Event })[]
}

function scopeOf(
  about: Scope['about'],
  subjects: Iterable<string>,
  { place, isShown }: Pick<Scope, 'place' | 'isShown'>,
): Scope {
  return {
    about,
    subjects: [...subjects],
    isShown,
    place,
    placed: (rows) => {
      const found = rows.flatMap((row) => {
        const placed = place(row)
        return placed ? [{ ...placed, row }] : []
      })
      return firstCopies(
        found,
        ({ person, row }) => `${row.messageId}\n${person}`,
        ({ row }) => row,
      )
    },
  }
}

export function personScope(person: Person): Scope {
  const holdings = holdingsBySubject([person])
  const place = (event: Placeable): Placed | undefined => {
    const held = holdings.get(event.subject)?.find(({ holding }) => isWithin(holding, event.at))
    return held && { person: person.id, accounts: accountsOf(event, person), because: held.holding.because }
  }
  return scopeOf({ person: person.id }, holdings.keys(), { place, isShown: () => true })
}

/**
 * All events of the account's people and guests. A touchpoint is formed of all events of its person, so that it is the
 * same one in every timeline, and is shown where it counts for the account.
 */
export function accountScope(account: Account): Scope {
  const holdings = holdingsBySubject([...account.people, ...account.guestPeople])
  const guests = new Set(account.guests.map(({ subject }) => subject))
  function place(event: Placeable): Placed | undefined {
    const held = holdings.get(event.subject)?.find(({ holding }) => isWithin(holding, event.at))
    if (held)
      return {
        person: held.person.id,
        accounts: accountsOf(event, held.person),
        because: held.holding.because,
      }
    // No person of the account holds the subject at this time. A guest that no person ever holds stands for itself.
    if (!guests.has(event.subject) || holdings.has(event.subject)) return undefined
    return { person: event.subject, accounts: accountsOf(event, undefined), because: '' }
  }
  return scopeOf({ account: account.id }, new Set([...holdings.keys(), ...guests]), {
    place,
    isShown: (accounts) => accounts.includes(account.id),
  })
}

/** An event that names an account counts for that one only; a `group` counts where the person does. */
function accountsOf(event: Placeable, person: Person | undefined): readonly string[] {
  if (event.groupId !== '' && event.type !== 'group') return [event.groupId]
  return person === undefined ? [] : accountsAt(person.accounts, event.at)
}

function holdingsBySubject(people: readonly Person[]): Map<string, { person: Person; holding: Holding }[]> {
  const bySubject = new Map<string, { person: Person; holding: Holding }[]>()
  for (const person of people) {
    for (const holding of person.identifiers) {
      const held = bySubject.get(holding.identifier)
      if (held) held.push({ person, holding })
      else bySubject.set(holding.identifier, [{ person, holding }])
    }
  }
  return bySubject
}
