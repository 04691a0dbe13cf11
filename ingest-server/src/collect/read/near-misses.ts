/**
 * What of an event was sent and is not read, in words for the developer who reads the answer: fields under another
 * name (`user_id`, `props`, `time`), and ids that are none. Nothing of the values is said.
 */
import { idFrom } from '@touchline/schemas'
import type { Json, ReadEvent } from './read-event.js'

const words = (text: string) => text.trim().split(/\s+/)

const read =
  words(`type messageId userId anonymousId timestamp originalTimestamp sentAt event properties name category traits groupId
  previousId context userToken`)
/** What SDKs send besides, which needs no word. */
const known: ReadonlySet<string> = new Set([
  ...read,
  ...words(
    'integrations channel writeKey receivedAt _metadata version projectId rudderId request_ip metadata options',
  ),
])

/** By their letters alone: `User-ID` and `user_id` are `userid`. */
const meantBy: ReadonlyMap<string, string> = new Map([
  ...read.map((name) => [lettersOf(name), name] as const),
  ...words('prop props property eventproperties params parameters').map(
    (name) => [name, 'properties'] as const,
  ),
  ...words('trait userproperties usertraits').map((name) => [name, 'traits'] as const),
  ...words('time ts date datetime occurredat eventtime').map((name) => [name, 'timestamp'] as const),
  ...words('uid customerid').map((name) => [name, 'userId'] as const),
  ...words('anonid visitorid deviceid clientid').map((name) => [name, 'anonymousId'] as const),
  ...words('distinctid').map((name) => [name, 'userId or anonymousId'] as const),
  ...words('eventname').map((name) => [name, 'event'] as const),
  ...words('accountid companyid organizationid').map((name) => [name, 'groupId'] as const),
  ...words('eventid insertid').map((name) => [name, 'messageId'] as const),
])

function lettersOf(name: string): string {
  return name.toLowerCase().replace(/[^a-z]/g, '')
}

/** `"user_id" is not read; userId is.` for each such field; undefined where there is none. */
function misnamed(event: Json): string | undefined {
  let said: string | undefined
  for (const name in event) {
    if (known.has(name) || name.length > 30) continue
    const meant = meantBy.get(lettersOf(name))
    if (meant === undefined || event[meant] !== undefined) continue
    said = `${said === undefined ? '' : `${said} `}${JSON.stringify(name)} is not read; ${meant} is.`
  }
  return said
}

/** Why an id that was sent is none; undefined where it is one, or none was sent. */
function idProblem(event: Json, name: string): string | undefined {
  const value = event[name]
  if (value === undefined || value === null || value === '' || idFrom(value) !== undefined) return undefined
  if (typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER)
    return `${name} is a number beyond 2^53, which JSON readers round; it was not taken: send it as text.`
  return typeof value === 'string' || typeof value === 'number'
    ? `${name} names nobody (a placeholder, or not an id); it was not taken.`
    : `${name} must be text or a number; it was not taken.`
}

/** What of the event is not read though it was sent; undefined where all is. Ids of `taken` were judged already. */
export function nearMisses(
  event: Json,
  taken?: Pick<ReadEvent, 'userId' | 'anonymousId'>,
): string | undefined {
  const said = [
    misnamed(event),
    taken?.userId ? undefined : idProblem(event, 'userId'),
    taken?.anonymousId ? undefined : idProblem(event, 'anonymousId'),
  ]
  const texts = said.filter((text) => text !== undefined)
  return texts.length === 0 ? undefined : texts.join(' ')
}
