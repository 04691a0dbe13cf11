/** Who is meant, and why something is theirs. */
import type { searchAnswer, SearchRow, whyAnswer } from '@touchline/schemas/api'
import { z } from 'zod'
import { counted, limitOf, pathOf, tool, word, ToolError, type ToolContext } from './tool.js'

export const findTool = tool({
  name: 'find',
  title: 'Find people, accounts and events',
  description:
    'Finds people, accounts and names of events by a part of an identifier, a name or a domain, and an event by its messageId. ' +
    'Begin here: its ids are what the other tools take.',
  input: z.strictObject({ q: word('What to look for'), limit: limitOf(50, 12) }),
  async answer(query, context) {
    const { rows } = await context.ask<z.output<typeof searchAnswer>>('/v1/search', query)
    const of = (type: SearchRow['type']) => rows.filter((row) => row.type === type).length
    const counts = [
      counted(of('account'), 'account'),
      counted(of('person'), 'person', 'people'),
      counted(of('event'), 'event'),
      counted(of('eventName'), 'name of an event', 'names of events'),
    ]
    const isFull =
      rows.length >= query.limit ? ' There may be more: ask for a longer part, or a higher limit.' : ''
    return {
      said: `Found ${counts.join(', ')}.${isFull}`,
      data: { rows: rows.map((row) => ({ ...row, link: linkOf(row, context) })) },
    }
  },
})

function linkOf({ type, id }: SearchRow, { linkTo }: ToolContext): string | undefined {
  if (type === 'account' || type === 'person') return linkTo(pathOf[type](id))
  return type === 'event' ? linkTo('/live', { id }) : undefined
}

const most = 10

export const whyTool = tool({
  name: 'why',
  title: 'Why is this theirs?',
  description:
    'Why an identifier (an address, a device, a user id) or an event counts as one person’s: the rule, the messages that decided, ' +
    'and whose it was over time. Name the person and either identifier or messageId.',
  input: z.strictObject({
    person: word('Id of the person'),
    identifier: word('Such as anon:… or email:…').optional(),
    messageId: word('Id of an event on their timeline').optional(),
  }),
  async answer({ person, identifier, messageId }, context) {
    if ((identifier === undefined) === (messageId === undefined))
      throw new ToolError('why needs either identifier or messageId beside person, and not both.')
    const path = `/v1/people/${encodeURIComponent(person)}/why`
    const answer = await context.ask<z.output<typeof whyAnswer>>(path, { identifier, messageId })
    const { owners, decidedBy, facts, event } = answer
    return {
      said:
        `It ${answer.isTheirs ? 'is' : 'is not'} theirs. It had ${counted(owners.length, 'owner')} over time; ` +
        `${counted(facts.length, 'fact')} speak of it${facts.length > most ? `, shown are ${most}` : ''}.`,
      data: {
        person: answer.person,
        identifier: answer.identifier,
        isTheirs: answer.isTheirs,
        state: answer.state,
        owners: owners.slice(0, most),
        decidedBy: decidedBy.slice(0, most),
        facts: facts.slice(0, most),
        factsTotal: facts.length,
        ...(event && { event: { messageId: event.messageId, name: event.name, at: event.occurredAt } }),
        link: context.linkTo(pathOf.person(answer.person)),
      },
    }
  },
})
