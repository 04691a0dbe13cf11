import type { Meta } from '@touchline/schemas/api'
import { endpoint } from '../../api/endpoints.js'
import { useWords } from '../../i18n/dictionary.js'
import { useFormats } from '../../i18n/formats.js'
import { Behind, type SubjectRow } from '../../parts/behind.js'
import { displayText } from '../../parts/text.js'
import { rangeParameters } from '../../url/range.js'
import { setQuery } from '../../url/url.js'
import { useZone } from '../../url/zone.js'
import { gapsOf, outcomes, type JourneysQuery } from './queries.js'
import { words } from './words.js'

const most = 1_000
const close = () => setQuery({ open: null })

interface OpenedProps {
  meta: Meta
  query: JourneysQuery
  /** `kind:value`; what makes no sense opens nothing. */
  open: string
}

/** Who is behind the number that was opened. */
export function Opened({ meta, query, open }: OpenedProps) {
  const at = open.indexOf(':')
  const [kind, value] = [open.slice(0, at), open.slice(at + 1)]
  const props = { meta, query, value }
  switch (kind) {
    case 'outcome':
      return <Outcome {...props} />
    case 'reached':
    case 'current':
    case 'open':
    case 'dropped':
      return <InStage {...props} state={kind} />
    case 'gap':
    case 'ended':
      return <Silent {...props} isOpen={kind === 'gap'} />
    case 'path':
    case 'icp':
    case 'persona':
      return <OfQuestion {...props} kind={kind} />
    case 'month':
      return <OfMonth {...props} />
    default:
      return null
  }
}

type PartProps = Omit<OpenedProps, 'open'> & { value: string }

function Outcome({ query, value }: PartProps) {
  const t = useWords(words)
  const { days } = useFormats()
  const outcome = outcomes.find((one) => one === value) ?? 'won'
  const { goal, range } = query
  return (
    <Behind
      title={t[`outcome.${outcome}`]}
      subject="account"
      endpoint={endpoint<{ total: number; rows: (SubjectRow & { touches: number; days: number })[] }>(
        '/v1/journeys/summary/subjects',
        { goal, outcome, limit: most, ...rangeParameters(range) },
      )}
      about={(row) => `${row.touches} ${t.touches} · ${days(Math.round(row.days))}`}
      close={close}
    />
  )
}

function InStage({ meta, value, state }: PartProps & { state: 'reached' | 'current' | 'open' | 'dropped' }) {
  const t = useWords(words)
  const { days } = useFormats()
  const name = meta.stages.find(({ id }) => id === value)?.name ?? value
  const state_ = { reached: t.reached, current: t.current, open: t.stillOpen, dropped: t.dropped }[state]
  return (
    <Behind
      title={`${displayText(name, 60)} · ${state_}`}
      subject="account"
      endpoint={endpoint<{ total: number; rows: (SubjectRow & { silentDays: number | null })[] }>(
        '/v1/stages/subjects',
        {
          stage: value,
          state,
          limit: most,
        },
      )}
      about={({ silentDays }) =>
        silentDays === null ? undefined : `${t.silentFor} ${days(Math.floor(silentDays))}`
      }
      close={close}
    />
  )
}

function Silent({ meta, query, value, isOpen }: PartProps & { isOpen: boolean }) {
  const t = useWords(words)
  const { days } = useFormats()
  const name = value === '' ? t.noStage : (meta.stages.find(({ id }) => id === value)?.name ?? value)
  return (
    <Behind
      title={`${displayText(name, 60)} · ${isOpen ? t.silentNow : t.ended}`}
      subject="account"
      endpoint={gapsOf(query, isOpen)}
      keep={({ stage }) => (stage ?? '') === value}
      about={(row) => days(Math.floor(row.days))}
      close={close}
    />
  )
}

function OfQuestion({ query, value, kind }: PartProps & { kind: 'path' | 'icp' | 'persona' }) {
  const { goal, lost, by, range } = query
  const bounds = rangeParameters(range)
  const parameters =
    kind === 'path'
      ? { goal, by, depth: 5, collapse: true, row: value, limit: most, ...bounds }
      : { goal, lost, row: value, limit: most, ...bounds }
  const path = { path: '/v1/paths/subjects', icp: '/v1/icp/subjects', persona: '/v1/personas/subjects' }[kind]
  return (
    <Behind
      title={displayText(kind === 'path' ? stepsOf(value).join(' → ') : value.replace('=', ': '), 120)}
      subject={kind === 'persona' ? 'person' : 'account'}
      endpoint={endpoint<{ total: number; rows: SubjectRow[] }>(path, parameters)}
      close={close}
    />
  )
}

function stepsOf(value: string): string[] {
  try {
    const steps: unknown = JSON.parse(value)
    return Array.isArray(steps) ? steps.map(String) : [value]
  } catch {
    return [value]
  }
}

/** `newCustomers@2026-03-01T…..2026-04-01T…` */
function OfMonth({ query, value }: PartProps) {
  const t = useWords(words)
  const formats = useFormats()
  const { zone } = useZone()
  const [row = '', bounds = ''] = value.split('@')
  const [from = '', to = ''] = bounds.split('..')
  const name = row === 'leads' ? t.leads : t.newCustomers
  return (
    <Behind
      title={`${name} · ${formats.tick(from, 'year')}`}
      subject="account"
      endpoint={endpoint<{ total: number; rows: SubjectRow[] }>('/v1/metrics/lifecycle/subjects', {
        by: 'month',
        customer: query.goal,
        timezone: zone,
        row,
        from,
        to,
        limit: most,
      })}
      close={close}
    />
  )
}
