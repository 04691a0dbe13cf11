/** Where the API answers what. Types only come from the schemas: nothing of zod is sent to a browser. */
import type {
  accountProfile,
  accountsListed,
  accountTimeline,
  contestedAnswer,
  endpointsAnswer,
  eventStatus,
  JourneyMap,
  Line,
  Meta,
  peopleListed,
  personProfile,
  personTimeline,
  quarantinedAnswer,
  searchAnswer,
  templateList,
  whyAnswer,
} from '@touchline/schemas/api'
import type { Endpoint } from './client.js'

export type Output<Schema extends { _zod: { output: unknown } }> = Schema['_zod']['output']
export type Parameters = Record<string, string | number | boolean | readonly string[] | null | undefined>

/** `/v1/x?a=1&b=2&b=3`; what is null or undefined is left out. */
export function pathOf(path: string, parameters: Parameters = {}): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) {
    if (value === null || value === undefined) continue
    for (const one of Array.isArray(value) ? (value as string[]) : [value]) query.append(name, String(one))
  }
  return query.size === 0 ? path : `${path}?${query}`
}

/** A GET with its answer's type: `endpoint<AttributionAnswer>('/v1/attribution', { goal: 'won' })`. */
export const endpoint = <Answer>(path: string, parameters?: Parameters): Endpoint<Answer> =>
  pathOf(path, parameters)

const id = encodeURIComponent
export type AccountsListed = Output<typeof accountsListed>
export type AccountListed = AccountsListed['accounts'][number]
export type PeopleListed = Output<typeof peopleListed>
export type PersonListed = PeopleListed['people'][number]
export type PersonProfile = Output<typeof personProfile>
export type AccountProfile = Output<typeof accountProfile>
export type PersonTimeline = Output<typeof personTimeline>
export type AccountTimeline = Output<typeof accountTimeline>
export type Touchpoint = NonNullable<PersonTimeline['touchpoints']>[number]
export type EventStatus = Output<typeof eventStatus>
export type Why = Output<typeof whyAnswer>
export type Templates = Output<typeof templateList>
export type Contested = Output<typeof contestedAnswer>
export type Quarantined = Output<typeof quarantinedAnswer>
/** Endpoints in the sense of definitions: where programs and feeds send to. */
export type SentTo = Output<typeof endpointsAnswer>
export type Searched = Output<typeof searchAnswer>

export const endpoints = {
  meta: () => endpoint<Meta>('/v1/meta'),
  line: () => endpoint<Line>('/v1/health/line'),
  search: (q: string, limit?: number) => endpoint<Searched>('/v1/search', { q, limit }),
  accounts: (parameters: Parameters) => endpoint<AccountsListed>('/v1/accounts', parameters),
  account: (account: string) => endpoint<AccountProfile>(`/v1/accounts/${id(account)}`),
  map: (account: string, parameters?: Parameters) =>
    endpoint<JourneyMap>(`/v1/accounts/${id(account)}/map`, parameters),
  personMap: (person: string, parameters?: Parameters) =>
    endpoint<JourneyMap>(`/v1/people/${id(person)}/map`, parameters),
  people: (parameters: Parameters) => endpoint<PeopleListed>('/v1/people', parameters),
  person: (person: string) => endpoint<PersonProfile>(`/v1/people/${id(person)}`),
  personTimeline: (person: string, parameters?: Parameters) =>
    endpoint<PersonTimeline>(`/v1/users/${id(person)}/timeline`, parameters),
  event: (messageId: string) => endpoint<EventStatus>(`/v1/events/${id(messageId)}`),
  why: (person: string, parameters: { identifier?: string; messageId?: string }) =>
    endpoint<Why>(`/v1/people/${id(person)}/why`, parameters),
  sentTo: () => endpoint<SentTo>('/v1/endpoints'),
  templates: () => endpoint<Templates>('/v1/definitions/templates'),
  contested: () => endpoint<Contested>('/v1/identity/contested'),
  quarantined: () => endpoint<Quarantined>('/v1/identity/quarantined'),
}
