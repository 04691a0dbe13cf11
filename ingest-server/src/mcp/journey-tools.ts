/** The journeys of accounts: one of them in short, those that went silent, and the stages they pass. */
import type {
  accountTimeline,
  gapsAnswer,
  JourneyMap,
  stagesAnswer,
  stageSubjectsAnswer,
} from '@touchline/schemas/api'
import { stageStates } from '@touchline/schemas/api'
import { z } from 'zod'
import { shortTouch } from './timeline-tools.js'
import {
  counted,
  isoOf,
  limitOf,
  pathOf,
  rounded,
  shownOf,
  subjectWord,
  time,
  tool,
  window,
  word,
  type ToolContext,
} from './tool.js'

type Timeline = z.output<typeof accountTimeline>

/** Of a journey in short. */
const most = { touches: 5, silences: 5, people: 10, stages: 20, goals: 20 }

const firstTouches = (id: string, limit: number, { ask }: ToolContext, query: object = {}) =>
  ask<Timeline>(`/v1/accounts/${encodeURIComponent(id)}/timeline`, { ...query, order: 'asc', limit })

export const accountJourneyTool = tool({
  name: 'account_journey',
  title: 'Journey of an account',
  description:
    'The whole journey of one account in short: what brought it (its first touches and their channels), its stages, ' +
    'goals reached, longest silences, and who takes part.',
  input: z.strictObject({ id: word('Id of the account; `find` finds it'), ...window }),
  async answer({ id, ...query }, context) {
    const [map, { summary, touchpoints = [] }] = await Promise.all([
      context.ask<JourneyMap>(`/v1/accounts/${encodeURIComponent(id)}/map`, query),
      firstTouches(id, most.touches, context, query),
    ])
    const { account } = map
    const silences = [...map.gaps].sort((a, b) => b.days - a.days).slice(0, most.silences)
    const people = [...map.people].sort((a, b) => b.touches - a.touches).slice(0, most.people)
    return {
      said:
        `${counted(account.touches, 'touch', 'touches')} of ${counted(account.people, 'person', 'people')} by ${counted(account.channels, 'channel')} ` +
        `over ${counted(Math.round(account.days), 'day')}; the longest silence took ${counted(Math.round(account.longestSilenceDays), 'day')}.`,
      data: {
        account: {
          ...account,
          days: rounded(account.days),
          longestSilenceDays: rounded(account.longestSilenceDays),
        },
        ...(summary && { firstAt: summary.firstAt, lastAt: summary.lastAt }),
        broughtBy: touchpoints.map(shortTouch),
        channels: map.channels,
        stages: map.stages
          .slice(-most.stages)
          .map(({ id: stage, name, from, to }) => ({ stage, name, from: isoOf(from), to: isoOf(to) })),
        goals: map.milestones.slice(0, most.goals).map((goal) => ({ ...goal, at: isoOf(goal.at) })),
        silences: silences.map((gap) => ({
          ...gap,
          from: isoOf(gap.from),
          to: isoOf(gap.to),
          days: rounded(gap.days),
        })),
        people: people.map(({ id: person, name, title, touches, first, last }) => ({
          ...{ person, name, title, touches },
          ...{ first: isoOf(first), last: isoOf(last) },
        })),
        link: context.linkTo(pathOf.account(account.id)),
      },
    }
  },
})

type Gaps = z.output<typeof gapsAnswer>

export const silentAccountsTool = tool({
  name: 'silent_accounts',
  title: 'Accounts that went silent',
  description:
    'Which accounts are silent now, the longest first: since when, in which stage, and what first brought each of them. ' +
    'Late stages are the last ones that `stages` lists: name one in stage, with orLater for that one and all after it.',
  input: z.strictObject({
    stage: word('Only accounts in this stage; ids as `stages` lists them').optional(),
    orLater: z.boolean().default(false).describe('That stage or a later one'),
    silentFor: word('At least so long, such as 30d or 6w; absent: as long as the stage allows').optional(),
    direction: z
      .enum(['inbound', 'any'])
      .default('inbound')
      .describe('inbound: they said nothing, whatever we sent; any: nobody said anything'),
    as_of: time.describe('As of this time; absent: now'),
    limit: limitOf(20, 10),
  }),
  async answer({ stage, orLater, silentFor, direction, as_of, limit }, context) {
    const { total, rows } = await context.ask<Gaps>('/v1/journeys/gaps', {
      subject: 'account',
      open: true,
      direction,
      min: silentFor,
      firstTouch: true,
      as_of,
      limit,
      filter: stage === undefined ? undefined : JSON.stringify({ stage, op: orLater ? 'reached' : 'is' }),
    })
    const where = stage === undefined ? '' : orLater ? ' in that stage or a later one' : ' in that stage'
    return {
      said: `${counted(total, 'account is', 'accounts are')} silent${where}${shownOf(rows.length, total)}, the longest silent first.`,
      data: {
        total,
        rows: rows.map((row) => silentAccount(row, context)),
        link: context.linkTo('/accounts', { sort: 'silence', stage: orLater ? undefined : stage }),
      },
    }
  },
})

function silentAccount(gap: Gaps['rows'][number], { linkTo }: ToolContext) {
  return {
    account: gap.subject,
    silentSince: gap.from,
    days: rounded(gap.days),
    silentDays: gap.silentDays && {
      any: rounded(gap.silentDays.any),
      inbound: rounded(gap.silentDays.inbound),
    },
    stage: gap.stage,
    broughtBy: gap.firstTouch,
    touches: gap.touches,
    people: gap.people,
    link: linkTo(pathOf.account(gap.subject)),
  }
}

export const stagesTool = tool({
  name: 'stages',
  title: 'Stages of the journey',
  description:
    'The stages of the journey in order: how many reached, entered and skipped each, are in it, dropped off, and how long they stay. ' +
    'With stage: who is behind the number that state names.',
  input: z.strictObject({
    stage: word('Id of a stage: lists who is behind a number of it').optional(),
    state: z
      .enum(stageStates)
      .default('current')
      .describe('Which number; dropped: silent for too long in it'),
    list: word('Id of the list of stages; absent: default').optional(),
    subject: subjectWord.optional(),
    as_of: time.describe('As of this time; absent: now'),
    limit: limitOf(50, 20),
    cursor: z.string().max(2_000).optional().describe('nextCursor of the page before'),
  }),
  async answer({ stage, state, limit, cursor, ...query }, context) {
    if (stage !== undefined) return behind({ stage, state, limit, cursor, ...query }, context)
    const { stages, subjects, ...answer } = await context.ask<z.output<typeof stagesAnswer>>(
      '/v1/stages',
      query,
    )
    return {
      said: `${counted(stages.length, 'stage')} from first to last; ${subjects.toLocaleString('en-US')} ${answer.subject === 'account' ? 'accounts' : 'people'} were in any.`,
      data: {
        list: answer.list,
        subject: answer.subject,
        asOf: answer.asOf,
        subjects,
        rows: stages.map(({ time: spent, toNext, ...row }) => ({
          ...row,
          medianDays: rounded(spent.kaplanMeierMedianDays),
          toNext: toNext && {
            ...toNext,
            medianDays: rounded(toNext.medianDays),
            p75Days: rounded(toNext.p75Days),
          },
        })),
        link: context.linkTo('/journeys'),
      },
    }
  },
})

async function behind(query: Readonly<Record<string, string | number | undefined>>, context: ToolContext) {
  const answer = await context.ask<z.output<typeof stageSubjectsAnswer>>('/v1/stages/subjects', query)
  const { total, rows, subject, nextCursor } = answer
  return {
    said: `${counted(total, subject === 'account' ? 'account' : 'person', subject === 'account' ? 'accounts' : 'people')} stand behind that number${shownOf(rows.length, total)}.`,
    data: {
      ...{ stage: answer.stage, state: answer.state, asOf: answer.asOf, total },
      rows: rows.map((row) => ({
        ...row,
        silentDays: rounded(row.silentDays),
        link: context.linkTo(pathOf[subject](row.subject)),
      })),
      nextCursor,
    },
  }
}
