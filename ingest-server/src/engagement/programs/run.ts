/** A run: one subject's way through one version of a program. Its state is its facts; shapes, keys and lines only. */
import type { Subject } from '@touchline/schemas/api'
import type { LogRecord } from '../../log/log.js'
import { isoTime } from '../../clock.js'

export const runStates = ['waiting', 'done', 'exited'] as const
export type RunState = (typeof runStates)[number]
export type EntryWay = 'segment' | 'touch' | 'condition' | 'manual'

/** Where a run stands after its last fact. */
export interface Run {
  project: string
  program: string
  programVersion: number
  /** `program:version:subject:entry`. */
  run: string
  subjectKind: Subject
  /** Who entered, by the id of then: who that is now is asked before each step. */
  subject: string
  /** Which time it is that the subject is in the program, from 1. */
  entry: number
  way: EntryWay
  /** What it entered by: id of the transition or of the message, or who said so. */
  trigger: string
  slot: number
  /** Number of its last fact, from 0. */
  n: number
  /** Id of the step that is to be done, or waited in. */
  step: string
  state: RunState
  /** When it goes on, in milliseconds since 1970. */
  dueAt: number
  enteredAt: number
  /** Why it waits or ended. */
  because: string
}

/** One fact: the run after it, and what was done. */
export interface Fact extends Run {
  kind: 'entered' | 'went' | 'acted' | 'held' | 'ended'
  /** The step that was done; empty: none. */
  did: string
  at: number
  /** Id of the delivery that was decided with it. */
  delivery: string
  /** Who the subject was then. */
  person: string
  /** It counts for caps: something left the server. */
  isOutward: boolean
  /** Of two facts of one place the higher counts: facts.ts. */
  version: bigint
}

export const runKey = (program: string, version: number, subject: string, entry: number): string =>
  `${program}:${version}:${subject}:${entry}`

/** Later than any time that is meant: without an end. */
export const never = Date.parse('2200-01-01T00:00:00Z')

export function factsRecord(facts: readonly Fact[]): LogRecord {
  const lines = facts.map((fact) => {
    const row = {
      project: fact.project,
      program: fact.program,
      run: fact.run,
      n: fact.n,
      version: String(fact.version),
      kind: fact.kind,
      did: fact.did,
      at: isoTime(fact.at),
      program_version: fact.programVersion,
      subject_kind: fact.subjectKind,
      subject: fact.subject,
      entry: fact.entry,
      way: fact.way,
      trigger: fact.trigger,
      slot: fact.slot,
      step: fact.step,
      state: fact.state,
      due_at: isoTime(fact.dueAt),
      entered_at: isoTime(fact.enteredAt),
      because: fact.because,
      delivery: fact.delivery,
      person: fact.person,
      is_outward: fact.isOutward,
    }
    return Buffer.from(`${JSON.stringify(row)}\n`)
  })
  return { table: 'program_facts', lines: Buffer.concat(lines), rows: {} }
}
