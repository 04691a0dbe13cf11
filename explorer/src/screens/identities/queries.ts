import type {
  decisionsAnswer,
  mergesAnswer,
  releaseAnswer,
  quarantinedLinksAnswer,
  unlinkPreview,
} from '@touchline/schemas/api'
import { endpoint, type Output, type PersonTimeline } from '../../api/endpoints.js'

export type Merges = Output<typeof mergesAnswer>
export type Merge = Merges['merges'][number]
export type Decisions = Output<typeof decisionsAnswer>
export type Decision = Decisions['decisions'][number]
export type QuarantinedLinks = Output<typeof quarantinedLinksAnswer>
export type Released = Output<typeof releaseAnswer>
export type Preview = Output<typeof unlinkPreview>

export const parts = ['merges', 'contested', 'quarantined', 'history'] as const
const id = encodeURIComponent

/** More than anybody goes through; that there may be more is said. */
export const mostMerges = 200
export const mergesOf = () => endpoint<Merges>('/v1/identity/merges', { limit: mostMerges })
export const decisionsOf = () => endpoint<Decisions>('/v1/identity/decisions', { limit: 200 })
export const quarantinedLinksOf = (identifier: string) =>
  endpoint<QuarantinedLinks>(`/v1/identity/quarantined/${id(identifier)}`, { limit: 50 })
/** As many events as a strip has room for. */
export const eventsOf = (person: string) =>
  endpoint<PersonTimeline>(`/v1/users/${id(person)}/timeline`, {
    detail: 'events',
    limit: 1_000,
    order: 'desc',
  })
export const unlinkPath = (person: string, kind: 'unlink' | 'relink') => `/v1/people/${id(person)}/${kind}`
export const releasePath = (identifier: string) => `/v1/identity/quarantined/${id(identifier)}/release`
