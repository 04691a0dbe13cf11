import type { icpAnswer, Line, Meta } from '@touchline/schemas/api'
import type { ComponentChildren } from 'preact'
import { useMemo } from 'preact/hooks'
import {
  endpoint,
  endpoints,
  type AccountsListed,
  type Output,
  type PeopleListed,
} from '../../api/endpoints.js'
import { useResource, type Resource } from '../../api/resource.js'
import { useWords } from '../../i18n/dictionary.js'
import { useFormats } from '../../i18n/formats.js'
import { textTrait } from '../../lists/columns.js'
import { SubjectLink } from '../../parts/behind.js'
import { nameOfPerson } from '../../parts/names.js'
import { displayText } from '../../parts/text.js'
import { Link } from '../../url/link.js'
import { hrefOf } from '../../url/url.js'
import {
  alikeCondition,
  bestFinding,
  lateStages,
  newAtDeals,
  silentLate,
  troubleIn,
  unsentIn,
  type Gap,
  type Trouble,
} from './choose.js'
import { words } from './words.js'

export const mostRows = 5

export interface CardContent {
  id: string
  title: string
  tone: 'bad' | 'wait' | 'good'
  rows: { key: string; who: ComponentChildren; why: string }[]
  more: string
}
/** undefined: not known yet; null: nothing to do. */
export type Found = { card: CardContent | null | undefined; error: unknown }

const stateOf = (resources: readonly Resource<unknown>[]): { isThere: boolean; error: unknown } => ({
  isThere: resources.every(({ data, error }) => data !== undefined || error !== undefined),
  error: resources.find(({ error }) => error !== undefined)?.error,
})

export function useTrouble(): Found {
  const t = useWords(words)
  const formats = useFormats()
  const line = useResource<Line>(endpoints.line(), { everyMs: 10_000 })
  const sentTo = useResource(endpoints.sentTo(), { everyMs: 10_000 })
  const { isThere, error } = stateOf([line, sentTo])
  if (!isThere) return { card: undefined, error }
  const unsent = sentTo.data === undefined ? [] : unsentIn(sentTo.data)
  const troubles = [...(line.data === undefined ? [] : troubleIn(line.data, Date.now())), ...unsent]
  const say = (trouble: Trouble) =>
    trouble.kind === 'differs'
      ? t.differs(formats.number(trouble.n))
      : trouble.kind === 'dead'
        ? t.dead(formats.number(trouble.n))
        : trouble.kind === 'waits'
          ? t.waits(formats.span(trouble.ms))
          : trouble.kind === 'unsent'
            ? t.unsent(formats.number(trouble.n), displayText(trouble.endpoint, 60))
            : t.refused(formats.number(trouble.n), displayText(trouble.code, 60))
  const rows = troubles
    .slice(0, mostRows)
    .map((trouble, index) => ({ key: String(index), who: say(trouble), why: '' }))
  return {
    card:
      rows.length === 0
        ? null
        : {
            ...{ id: 'broken', title: t.broken, tone: 'bad', rows },
            more:
              unsent.length === troubles.length
                ? hrefOf('/segments', { part: 'deliveries', only: 'waiting' })
                : hrefOf('/health'),
          },
    error,
  }
}

export function useSilent({ stages }: Meta): Found {
  const t = useWords(words)
  const formats = useFormats()
  const gaps = useResource(
    stages.length === 0 ? null : endpoint<{ rows: Gap[] }>('/v1/journeys/gaps', { open: true, limit: 2_000 }),
  )
  if (stages.length === 0) return { card: null, error: undefined }
  if (gaps.data === undefined) return { card: gaps.error === undefined ? undefined : null, error: gaps.error }
  const found = silentLate(gaps.data.rows, stages)
  const nameOf = (id: string | null) =>
    displayText(stages.find((stage) => stage.id === id)?.name ?? id ?? '', 40)
  const rows = found.slice(0, mostRows).map(({ subject, days, stage, from }) => ({
    key: subject + from,
    who: <SubjectLink id={subject} subject="account" />,
    why: t.silentWhy(formats.days(Math.floor(days)), nameOf(stage)),
  }))
  return {
    card:
      rows.length === 0
        ? null
        : {
            id: 'silent',
            title: t.silent(formats.number(found.length)),
            tone: 'wait',
            rows,
            more: hrefOf('/accounts'),
          },
    error: gaps.error,
  }
}

export function useNewPeople({ stages }: Meta): Found {
  const t = useWords(words)
  const formats = useFormats()
  const late = useMemo(() => lateStages(stages), [stages])
  const has = late.length > 0
  const people = useResource(
    has
      ? endpoint<PeopleListed>('/v1/people', {
          condition: JSON.stringify({ firstSeen: { within: '7d' } }),
          sort: 'firstSeen',
          limit: 100,
        })
      : null,
  )
  // An open deal is in the last stage but one or two: what closed is no deal any longer.
  const open = late.slice(0, Math.max(1, late.length - 1))
  const accounts = [open[0], open[1]].map((stage) =>
    useResource(
      stage === undefined
        ? null
        : endpoint<AccountsListed>('/v1/accounts', { stage: stage.id, sort: 'lastTouch', limit: 100 }),
    ),
  )
  if (!has) return { card: null, error: undefined }
  const asked = [people, ...accounts.slice(0, open.length)]
  const { isThere, error } = stateOf(asked)
  if (!isThere) return { card: undefined, error }
  const found = newAtDeals(
    people.data?.people ?? [],
    accounts.flatMap(({ data }) => data?.accounts ?? []),
  )
  const nameOf = (id: string | null | undefined) =>
    displayText(stages.find((stage) => stage.id === id)?.name ?? id ?? '', 40)
  const rows = found.slice(0, mostRows).map(({ person, account }) => ({
    key: person.id,
    who: (
      <Link class="said" href={hrefOf(`/people/${encodeURIComponent(person.id)}`)}>
        {displayText(nameOfPerson(person.id, person.traits), 60)}
      </Link>
    ),
    why: t.newAt(
      displayText(textTrait(account.traits, ['name', 'company']) ?? account.id, 40),
      nameOf(account.stage),
    ),
  }))
  return {
    card:
      rows.length === 0
        ? null
        : {
            id: 'newPeople',
            title: t.newPeople(formats.number(found.length)),
            tone: 'good',
            rows,
            more: hrefOf('/people', { sort: 'firstSeen' }),
          },
    error,
  }
}

export function useAlike({ goals }: Meta): Found {
  const t = useWords(words)
  const formats = useFormats()
  const has = ['won', 'lost'].every((id) => goals.some((goal) => goal.id === id))
  const icp = useResource(
    has ? endpoint<Output<typeof icpAnswer>>('/v1/icp', { goal: 'won', lost: 'lost' }) : null,
  )
  const finding = icp.data === undefined ? undefined : bestFinding(icp.data.findings)
  const condition = finding === undefined ? undefined : alikeCondition(finding)
  const accounts = useResource(
    condition === undefined
      ? null
      : endpoint<AccountsListed>('/v1/accounts', { condition, sort: 'touches30d', limit: mostRows + 1 }),
  )
  if (!has) return { card: null, error: undefined }
  const asked = finding === undefined ? [icp] : [icp, accounts]
  const { isThere, error } = stateOf(asked)
  if (!isThere) return { card: undefined, error }
  const found = accounts.data?.accounts ?? []
  if (finding === undefined || found.length === 0) return { card: null, error }
  const rows = found.slice(0, mostRows).map(({ id, traits, people }) => ({
    key: id,
    who: (
      <Link class="said" href={hrefOf(`/accounts/${encodeURIComponent(id)}`)}>
        {displayText(textTrait(traits, ['name', 'company']) ?? id, 60)}
      </Link>
    ),
    why: t.alikeWhy(
      `${displayText(finding.trait, 30)} ${displayText(finding.value, 40)}`,
      formats.number(Math.round((finding.lift ?? 1) * 10) / 10),
      formats.number(people),
    ),
  }))
  const count = `${formats.number(rows.length)}${found.length > mostRows ? '+' : ''}`
  return {
    card: {
      id: 'alike',
      title: t.alike(count),
      tone: 'good',
      rows,
      more: hrefOf('/journeys', { part: 'profile' }),
    },
    error,
  }
}
