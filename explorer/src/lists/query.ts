/** What a list of accounts or people is asked for, all of it in the address. */
import { useUrl } from '../url/url.js'

export const sorts = ['lastTouch', 'silence', 'touches30d', 'firstSeen', 'touches', 'people'] as const
export type Sort = (typeof sorts)[number]

export interface ListQuery {
  q: string | null
  stage: string | null
  segment: string | null
  channel: string | null
  /** null: as the list thinks best. */
  sort: Sort | null
  order: 'asc' | 'desc'
}

export function useListQuery(): ListQuery {
  const { query } = useUrl()
  return {
    q: query.get('q')?.trim() || null,
    stage: query.get('stage'),
    segment: query.get('segment'),
    channel: query.get('channel'),
    sort: sorts.find((one) => one === query.get('sort')) ?? null,
    order: query.get('order') === 'asc' ? 'asc' : 'desc',
  }
}

export const hasFilter = ({ q, stage, segment, channel }: ListQuery): boolean =>
  q !== null || stage !== null || segment !== null || channel !== null
