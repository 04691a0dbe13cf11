/** What programs do besides webhooks, put together from the parts that do it: events of our own, segments, hand-offs. */
import type { ClickHouseClient } from '@clickhouse/client'
import type { Clock } from './clock.js'
import type { OutboundTouch } from './engagement/deliveries/outbound.js'
import type { Acts } from './engagement/programs/deps.js'
import { handOff } from './engagement/handoffs/record.js'
import { scoreOf as explainedScoreOf } from './engagement/scores/explain.js'
import { addToSegment } from './engagement/segments/additions.js'
import type { EventLog, LogRecord } from './log/log.js'
import { ownEventsRecord, type OwnEvent } from './outbound-events.js'
import type { Projects } from './projects/project.js'

interface ActDeps {
  app: ClickHouseClient
  log: EventLog
  clock: Clock
  projects: Pick<Projects, 'all'>
}

/** The reasons are the rules that gave most, as people read them. */
export const scoreOf: Acts['scoreOf'] = async (reader, score, subject, asOf) => {
  const found = await explainedScoreOf(reader, score, subject, asOf)
  if (found === undefined) return undefined
  const { total, fit, behaviour, rules } = found
  return { total, fit, behaviour, reasons: rules.map(({ rule, points }) => `${rule} ${points}`) }
}

export function programActs({ app, log, clock, projects }: ActDeps): {
  acts: Acts
  touchesRecord: (touches: readonly OutboundTouch[]) => LogRecord | undefined
} {
  const record = (project: string, events: readonly OwnEvent[]) => {
    const { identify = 'open' as const } = projects.all().find(({ id }) => id === project) ?? {}
    return ownEventsRecord({ id: project, identify }, events, clock())
  }
  return {
    acts: {
      scoreOf,
      handOff: ({ reader, ...act }) => handOff(act, { app, log, clock, reader }),
      addToSegment: ({ reader, ...act }) => addToSegment(act, { app, log, clock, reader }),
      traitRecord: ({ project, subject, name, value, id }) =>
        record(project, [
          {
            id,
            subject,
            at: clock(),
            type: 'identify',
            traits: { [name]: value },
          },
        ]),
    },
    touchesRecord(touches) {
      const byProject = new Map<string, OwnEvent[]>()
      for (const { project, id, person, name, endpoint, program, step, at } of touches) {
        const properties = { endpoint, program, step, delivery: id }
        const event: OwnEvent = { id, type: 'track', subject: person, name, at, properties, isOutbound: true }
        byProject.set(project, [...(byProject.get(project) ?? []), event])
      }
      const records = [...byProject].flatMap(([project, events]) => record(project, events) ?? [])
      return records.length === 0
        ? undefined
        : { table: 'events', lines: Buffer.concat(records.map(({ lines }) => lines)), rows: {} }
    },
  }
}
