/** The person that an address asks for, with what is known of them. */
import { personAsOf } from '../timeline/as-of.js'
import type { Reader } from '../clickhouse/query.js'
import { notFound, type TimelineDeps } from './context.js'
import { personNames } from '../timeline/identifiers.js'
import { findPerson, type Person } from '../identity/people.js'
import { readSubjects } from '../identity/subjects.js'
import { readTraits, type Trait } from '../timeline/traits.js'

/** NOT_FOUND for a person of whom nothing is known at all. */
export async function knownPerson(
  reader: Reader,
  id: string,
  deps: TimelineDeps,
  asOf?: number,
): Promise<{ person: Person; traits: Trait[] }> {
  const candidates = personNames(id)
  const person =
    asOf === undefined ? await findPerson(reader, candidates) : await personAsOf(reader, candidates, asOf)
  const traits = await readTraits(reader, person, asOf)
  if (person.isStitched || traits.length > 0) return { person, traits }
  if ((await readSubjects(reader, [person.id], asOf)).size > 0) return { person, traits }
  throw await notFound(`Nothing is known of ${id}.`, deps)
}
