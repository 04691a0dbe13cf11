/** What changed, or whose turn it is → their touchpoints formed anew and written. Answers how many rows it wrote. */
import type { Metrics } from '../../metrics.js'
import { groupBy } from '../../group-by.js'
import { reformPeople, type ReformDeps, type Reformed } from './reform.js'
import { reformRecent } from './reform-recent.js'
import type { WaitingPeople } from './waiting-people.js'
import { personsOf, readKnownOwners, type TouchpointChange } from './whose.js'

/** Formed whole in one pass, at most. */
const wholeAtOnce = { urgent: 2_000, others: 400 }

export interface ReconcileDeps {
  reformDeps: (project: string) => ReformDeps
  isMine: (project: string, person: string) => boolean
  waiting: WaitingPeople
  metrics: Metrics['touchpoints']
}

export interface When {
  /** Milliseconds, by ClickHouse's clock. */
  now: number
  isUrgent: boolean
  /** Up to where all was settled when these changes were seen. */
  since: string
}

export function openReconcile({ reformDeps, isMine, waiting, metrics }: ReconcileDeps) {
  function count({ people, events, written }: Reformed): number {
    metrics.people.inc(people)
    metrics.events.inc(events)
    metrics.written.inc(written)
    return written
  }

  async function changesOf(
    project: string,
    changes: readonly TouchpointChange[],
    when: When,
  ): Promise<number> {
    const { now, isUrgent, since } = when
    const base = reformDeps(project)
    const identifiers = [...new Set(changes.map(({ identifier }) => identifier))]
    const owners = await readKnownOwners(base.source, identifiers)
    const persons = [...personsOf(changes, (identifier) => owners.get(identifier) ?? []).values()]
    const mine = persons.filter(({ person }) => isMine(project, person))
    const wait = (person: string) => waiting.add(project, person, { since, isUrgent })
    for (const { person, isWhole } of mine) if (isWhole) wait(person)
    const recent = mine
      .filter(({ isWhole }) => !isWhole)
      .map(({ person, low }) => ({ person, changedFrom: low }))
    const reformed = await reformRecent({ ...base, owners }, recent, now)
    for (const person of reformed.rest) wait(person)
    metrics.recent.inc(reformed.people)
    return count(reformed)
  }

  async function whole(project: string, people: readonly string[]): Promise<number> {
    const reformed = await reformPeople(reformDeps(project), people)
    for (const { person, ms } of reformed.heavy) waiting.took(project, person, ms)
    return count(reformed)
  }

  return {
    whole,
    async changes(changes: readonly TouchpointChange[], when: When): Promise<number> {
      let written = 0
      for (const [project, ofProject] of groupBy(changes, ({ project }) => project))
        written += await changesOf(project, ofProject, when)
      return written
    },
    /** The next of those who wait; they wait on where a lease lapsed meanwhile. */
    async waiting(hasLapsed: () => boolean): Promise<number> {
      let written = 0
      for (const [project, people] of groupBy(waiting.next(wholeAtOnce), ({ project }) => project)) {
        const persons = people.map(({ person }) => person)
        written += await whole(
          project,
          persons.filter((person) => isMine(project, person)),
        )
        if (!hasLapsed()) for (const person of persons) waiting.done(project, person)
      }
      return written
    },
  }
}
