/** A line for a terminal that sends an event again. */
import type { EventStatus } from '../../api/endpoints.js'

type Stored = NonNullable<EventStatus['event']>
const calls = ['track', 'identify', 'page', 'screen', 'group', 'alias']

export function curlOf(to: { url: string; key: string | null }, kind: string, body: string): string {
  const call = calls.includes(kind) ? kind : 'track'
  return `curl -u ${quoted(`${to.key ?? 'YOUR_WRITE_KEY'}:`)} ${quoted(`${to.url}/v1/${call}`)} \\\n  -H 'content-type: application/json' \\\n  -d ${quoted(body)}`
}

/** For POSIX shells: within single quotes nothing has a meaning but a single quote. */
export const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`

/** What was sent, as far as the stored row tells; without its messageId, which would make it a repeat. */
export function bodyOf(event: Stored): Record<string, unknown> {
  const { type, name, userId, anonymousId, groupId, previousId, properties, traits, context, url } = event
  const isNamed = type === 'page' || type === 'screen'
  const whole = {
    ...(type === 'track' && { event: name }),
    ...(isNamed && { name }),
    userId,
    anonymousId,
    previousId,
    ...(type === 'group' && { groupId }),
    properties,
    traits,
    context: {
      ...context,
      ...(type !== 'group' && groupId !== null && { groupId }),
      ...(url !== '' && { page: { url } }),
    },
  }
  return Object.fromEntries(Object.entries(whole).filter(([, value]) => !isEmpty(value)))
}

const isEmpty = (value: unknown): boolean =>
  value === null ||
  value === undefined ||
  value === '' ||
  (typeof value === 'object' && Object.keys(value).length === 0)
