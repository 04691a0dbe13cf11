/** The erasures that this process knows of, and who judges events by them. */
import type { ClickHouseClient } from '@clickhouse/client'
import { groupBy } from '../group-by.js'
import { judgeBy, type Judge } from '../log/tombstones.js'
import { bySet, newSalt, readErasures, tombstonesOf, type Erasure } from './erasure-ledger.js'

export function openKnown(app: ClickHouseClient) {
  let known: readonly Erasure[] = []
  let judges = new Map<string, Judge>()
  /** Asked for here, and perhaps not in the table yet: a reading that began before must not forget them. */
  const asked = new Map<string, Erasure>()
  const salts = new Map<string, string>()

  function set(all: readonly Erasure[]): void {
    known = all
    judges = judgesOf(known)
  }

  return {
    all: () => known,
    /** One salt a project, also of people who are asked for at the same time. */
    saltOf(project: string): string {
      const salt =
        known.find((erasure) => erasure.project === project)?.salt ?? salts.get(project) ?? newSalt()
      salts.set(project, salt)
      return salt
    },
    /** Whose events are to be refused; undefined where nobody of the project was erased. */
    judgeOf: (project: string) => judges.get(project),
    async read(): Promise<void> {
      const stored = await readErasures(app)
      for (const { erasureId } of stored) asked.delete(erasureId)
      set([...stored, ...asked.values()])
    },
    add(erasure: Erasure): void {
      asked.set(erasure.erasureId, erasure)
      set([...known, erasure])
    },
  }
}

/** One judge a project, whatever salts its erasures have. */
function judgesOf(erasures: readonly Erasure[]): Map<string, Judge> {
  const byProject = new Map<string, Judge>()
  for (const [project, sets] of groupBy(bySet(erasures), ([one]) => one.project)) {
    const all = sets.map((together) => judgeBy(tombstonesOf(together))).filter((judge) => judge !== undefined)
    const isErased: Judge['isErased'] = (identifier, atMs, receivedAtMs) =>
      all.some((judge) => judge.isErased(identifier, atMs, receivedAtMs))
    byProject.set(project, {
      isErased,
      wasErased: (identifier) => all.some((judge) => judge.wasErased(identifier)),
      isNamed: (identifier, writtenAtMs) => all.some((judge) => judge.isNamed(identifier, writtenAtMs)),
      verdictOf(event, atMs, receivedAtMs) {
        const verdicts = all.map((judge) => judge.verdictOf(event, atMs, receivedAtMs))
        return (
          verdicts.find((verdict) => verdict === 'theirs') ??
          verdicts.find((verdict) => verdict === 'mentions') ??
          'other'
        )
      },
    })
  }
  return byProject
}
