/** What a person or an account did, touch by touch. */
import type { accountTimeline, personTimeline, TouchpointAnswer } from '@touchline/schemas/api'
import { touchpointKinds } from '@touchline/schemas'
import { z } from 'zod'
import { counted, limitOf, pathOf, tool, window, word } from './tool.js'
import type { Told } from './quoted.js'

type PersonTimeline = z.output<typeof personTimeline>
type AccountTimeline = z.output<typeof accountTimeline>

const asked = {
  ...window,
  channel: z.array(word('Name of a channel')).max(20).optional().describe('Only these channels'),
  kind: z.array(z.enum(touchpointKinds)).optional().describe('Only these kinds of touchpoints'),
  order: z.enum(['asc', 'desc']).default('desc').describe('asc: the earliest first'),
  limit: limitOf(50, 20),
  cursor: z.string().max(2_000).optional().describe('nextCursor of the page before'),
}

export const personTimelineTool = tool({
  name: 'person_timeline',
  title: 'Timeline of a person',
  description:
    'What one person did, also before their name was known: visits, actions, emails, meetings, each with its channel. ' +
    'Begins with a summary of all of it; then one page of touchpoints, newest first unless order says otherwise.',
  input: z.strictObject({
    id: word('user:u1, email:ann@acme.com, anon:… or a bare user id; `find` finds it'),
    ...asked,
  }),
  async answer({ id, ...query }, context) {
    const answer = await context.ask<PersonTimeline>(`/v1/users/${encodeURIComponent(id)}/timeline`, query)
    const { person } = answer
    const traits = Object.entries(person.traits)
    return answerOf(answer, {
      person: {
        id: person.id,
        identifiers: person.identifiers.slice(0, 10).map(({ identifier }) => identifier),
        identifiersTotal: person.identifiers.length,
        accounts: person.accounts.slice(0, 10),
        traits: Object.fromEntries(traits.slice(0, mostTraits)),
        traitsTotal: traits.length,
      },
      link: context.linkTo(pathOf.person(person.id)),
    })
  },
})

export const accountTimelineTool = tool({
  name: 'account_timeline',
  title: 'Timeline of an account',
  description:
    'What the people of one account (a company) did, touch by touch, each with its person and channel. ' +
    'For the whole story in short (stages, silences, people) ask account_journey.',
  input: z.strictObject({ id: word('Id of the account, such as acme or domain:acme.com'), ...asked }),
  async answer({ id, ...query }, context) {
    const path = `/v1/accounts/${encodeURIComponent(id)}/timeline`
    const answer = await context.ask<AccountTimeline>(path, query)
    const traits = Object.entries(answer.account.traits)
    return answerOf(answer, {
      account: {
        id: answer.account.id,
        people: answer.account.people,
        traits: Object.fromEntries(traits.slice(0, mostTraits)),
        traitsTotal: traits.length,
      },
      link: context.linkTo(pathOf.account(answer.account.id)),
    })
  },
})

const mostTraits = 20

function answerOf(
  { summary, touchpoints = [], nextCursor }: PersonTimeline | AccountTimeline,
  head: Readonly<Record<string, unknown>>,
): Told {
  const whole =
    summary === undefined
      ? 'A later page'
      : `${counted(summary.touchpoints, 'touchpoint')} in ${counted(summary.sessions, 'session')} over ${counted(summary.days, 'day')}, by ${counted(summary.channels, 'channel')}`
  const more = nextCursor === null ? 'No more follow.' : 'More follow: ask again with cursor = nextCursor.'
  return {
    said: `${whole}; shown here: ${touchpoints.length}. ${more}`,
    data: { ...head, ...(summary && { summary }), rows: touchpoints.map(shortTouch), nextCursor },
  }
}

/** What tells one touch from another; `messageId` is what `why` is asked with. */
export function shortTouch(touch: TouchpointAnswer) {
  const { campaign, page, pages, value, currency } = touch
  return {
    at: touch.at,
    kind: touch.kind,
    name: touch.name,
    channel: touch.channel,
    person: touch.person,
    ...(touch.direction === 'outbound' && { direction: touch.direction }),
    ...(Object.keys(campaign).length > 0 && { campaign }),
    ...(page.path !== undefined && { page: page.path }),
    ...(pages !== undefined && { pages: pages.length }),
    ...(value !== undefined && { value, currency }),
    messageId: touch.messageIds[0],
  }
}
