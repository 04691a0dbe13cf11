/** What brings people, and what it is worth. */
import type { attributionAnswer, costsSummed, pathsAnswer } from '@touchline/schemas/api'
import { z } from 'zod'
import { counted, limitOf, rounded, shownOf, subjectWord, tool, window, word } from './tool.js'

/** More channels than there are. */
const everyChannel = 500

export const channelsTool = tool({
  name: 'channels',
  title: 'What brings people',
  description:
    'By which channel accounts or people came first, how many each brought, and with goal how many of those reached it and how fast; ' +
    'and what was spent by channel. For credit over whole journeys ask attribution.',
  input: z.strictObject({
    goal: word('Id of a goal, such as won').optional(),
    subject: subjectWord.optional(),
    ...window,
    limit: limitOf(50, 20),
  }),
  async answer({ goal, subject, from, to, limit }, context) {
    const [first, costs] = await Promise.all([
      context.ask<z.output<typeof pathsAnswer>>('/v1/paths', {
        ...{ goal, subject, from, to, by: 'channel', depth: 1, limit: everyChannel },
      }),
      context.ask<z.output<typeof costsSummed>>('/v1/costs', { by: 'channel', from, to }),
    ])
    const rows = first.paths.slice(0, limit).map(({ steps, ...counts }) => ({
      channel: steps[0] ?? '',
      subjects: counts.subjects,
      ...(goal !== undefined && {
        converted: counts.converted,
        rate: counts.rate,
        medianDays: rounded(counts.medianDays),
      }),
    }))
    const subjects = first.subject === 'account' ? 'accounts' : 'people'
    const reached =
      goal === undefined ? '' : `, of whom ${first.converted.toLocaleString('en-US')} reached the goal`
    return {
      said: `${first.subjects.toLocaleString('en-US')} ${subjects} came first by ${counted(first.paths.length, 'channel')}${reached}${shownOf(rows.length, first.paths.length)}.`,
      data: {
        subject: first.subject,
        subjects: first.subjects,
        ...(goal !== undefined && { goal, converted: first.converted }),
        rows,
        costs: costs.rows.slice(0, limit),
        link: context.linkTo('/channels', { goal }),
      },
    }
  },
})

type Attribution = z.output<typeof attributionAnswer>

export const attributionTool = tool({
  name: 'attribution',
  title: 'Credit for conversions',
  description:
    'Which channels, sources, campaigns, pages or events brought the conversions of a goal, by an attribution model. ' +
    'Models: first, last, last-non-direct, linear, linear-channels, u, w, full-path, time-decay, markov, equal-split.',
  input: z.strictObject({
    goal: word('Id of the goal').default('won'),
    model: word('One model').default('linear'),
    by: word('channel, source, medium, campaign, landing page or name').default('channel'),
    compare: word('More models, with commas').optional(),
    milestones: word('Goals that w and full-path need: lc:lead,oc:opportunity').optional(),
    lookback: word('How far a path reaches back: 90d, 12h or none').default('90d'),
    subject: subjectWord.optional(),
    ...window,
    limit: limitOf(50, 20),
  }),
  async answer({ limit, ...query }, context) {
    const answer = await context.ask<Attribution>('/v1/attribution', query)
    const { rows, total, attributed, unattributed } = answer
    const several = answer.models?.filter(({ model }) => model !== answer.model) ?? []
    return {
      said:
        `${counted(total.conversions, 'conversion')}, of which ${rounded(attributed.conversions)} have a path and ${rounded(unattributed.conversions)} do not; ` +
        `${counted(rows.length, 'row')}${shownOf(Math.min(limit, rows.length), rows.length)}.`,
      data: {
        ...{
          goal: answer.goal,
          by: answer.by,
          model: answer.model,
          subject: answer.subject,
          asOf: answer.asOf,
        },
        ...{ total, attributed, unattributed, warnings: answer.warnings },
        rows: rows.slice(0, limit).map(shortRow),
        ...(several.length > 0 && {
          models: several.map(({ model, rows: others, warnings }) => {
            return { model, warnings, rows: others.slice(0, limit).map(shortRow) }
          }),
        }),
        definitions: answer.definitions,
        link: context.linkTo('/channels', { goal: query.goal, model: answer.model, by: answer.by }),
      },
    }
  },
})

const shortRow = ({ key, conversions, value, share, subjects, medianDays }: Attribution['rows'][number]) => {
  return { key, conversions, value, share, subjects, medianDays: rounded(medianDays) }
}
