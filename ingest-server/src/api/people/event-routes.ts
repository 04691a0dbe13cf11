/** Did it arrive, and what became of it. */
import { toEvent } from '../answer.js'
import { notFound, readerFor, type Api, type TimelineDeps } from '../context.js'
import { storedObject } from '../../touchpoints/null-like.js'
import { findEvent, findRefusal } from '../../timeline/single-events.js'
import { errors, eventStatus, messageParams } from '@touchline/schemas/api'

export function addEvents(api: Api, deps: TimelineDeps): void {
  api.route({
    method: 'GET',
    url: '/v1/events/:messageId',
    schema: {
      summary: 'Did this event arrive, and what became of it?',
      tags: ['Events'],
      params: messageParams,
      response: { 200: eventStatus, ...errors },
    },
    async handler(request) {
      const reader = readerFor(request, deps)
      const { messageId } = request.params
      const [found, reason] = await Promise.all([
        findEvent(reader, messageId),
        findRefusal(reader, messageId),
      ])
      if (found) {
        const { placed, full } = found
        const event = {
          ...toEvent(placed, full),
          previousId: full.previousId === '' ? null : full.previousId,
          context: storedObject(full.context),
          isBot: full.isBot,
        }
        return { status: 'stored' as const, event, reason: null }
      }
      if (reason) return { status: 'rejected' as const, event: null, reason }
      throw await notFound(`No event ${messageId} is stored.`, deps)
    },
  })
}
