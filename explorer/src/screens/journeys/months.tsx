import { useMemo } from 'preact/hooks'
import { useResource } from '../../api/resource.js'
import { useKey } from '../../frame/keys.js'
import { useReady } from '../../frame/ready.js'
import { useWords } from '../../i18n/dictionary.js'
import { useFormats } from '../../i18n/formats.js'
import { Answer } from '../../parts/answer.js'
import { Opens } from '../../parts/behind.js'
import { downloadCsv } from '../../parts/csv.js'
import { Table, type Column } from '../../parts/table.js'
import { displayText } from '../../parts/text.js'
import { setQuery } from '../../url/url.js'
import { useZone } from '../../url/zone.js'
import { lifecycleOf, type JourneysQuery, type Lifecycle } from './queries.js'
import { words } from './words.js'

type Period = Lifecycle['periods'][number]

/** What it costs to win somebody and what they are worth, month by month, the latest first. */
export function Months({ query }: { query: JourneysQuery }) {
  const t = useWords(words)
  const { zone } = useZone()
  const now = useMemo(() => Date.now(), [])
  const answer = useResource(lifecycleOf(query, zone, now))
  const { data, isOld, error } = answer
  useReady((data !== undefined && !isOld) || error !== undefined)
  useKey('e', query.open === null ? () => data && saveCsv(data.periods) : undefined)
  const columns = useColumns(data?.periods ?? [])
  return (
    <Answer of={answer}>
      {({ periods, warnings }) => (
        <>
          <Table
            caption={t['part.months']}
            isCaptionUnseen
            columns={columns}
            rows={[...periods].reverse()}
            keyOf={({ from }) => from}
          />
          {warnings.length > 0 && (
            <ul class="notes">
              {warnings.map((warning) => (
                <li key={warning}>{displayText(warning, 300)}</li>
              ))}
            </ul>
          )}
        </>
      )}
    </Answer>
  )
}

/** A column is there where some month has something to say in it. */
function useColumns(periods: readonly Period[]): Column<Period>[] {
  const t = useWords(words)
  const formats = useFormats()
  type Per = readonly { currency: string | null; amount: number | null }[]
  const money = (id: 'cac' | 'aov' | 'clv' | 'costPerLead', title: string): Column<Period>[] =>
    periods.some((period) => (period[id] as Per).some(({ amount }) => amount !== null))
      ? [
          {
            id,
            title,
            is: 'number',
            cell: (period) =>
              (period[id] as Per).map(({ currency, amount }) =>
                amount === null ? undefined : (
                  <span class="amount" key={currency}>
                    {formats.money(Math.round(amount * 100) / 100, currency)}
                  </span>
                ),
              ),
          },
        ]
      : []
  const counted = (id: 'newCustomers' | 'leads', title: string): Column<Period> => ({
    id,
    title,
    is: 'number',
    cell: (period) => (
      <Opens
        what={t.open}
        open={
          period[id] === 0
            ? undefined
            : () => setQuery({ open: `month:${id}@${period.from}..${period.to}` }, { push: true })
        }
      >
        {formats.number(period[id])}
      </Opens>
    ),
  })
  return [
    { id: 'month', title: t.month, cell: ({ from }) => formats.tick(from, 'year') },
    counted('newCustomers', t.newCustomers),
    ...(periods.some(({ leads }) => leads > 0) ? [counted('leads', t.leads)] : []),
    {
      id: 'conversion',
      title: t.conversion,
      is: 'number',
      cell: ({ conversion: { value } }) => (value === null ? '' : formats.percent(value)),
    },
    ...money('cac', t.cac),
    ...money('aov', t.aov),
    ...money('clv', t.clv),
    ...money('costPerLead', t.costPerLead),
  ]
}

function saveCsv(periods: Lifecycle['periods']): void {
  const amounts = (list: readonly { currency: string | null; amount: number | null }[]) =>
    list.map(({ currency, amount }) => `${amount ?? ''} ${currency ?? ''}`.trim()).join(' · ')
  downloadCsv(
    'months',
    ['from', 'newCustomers', 'leads', 'conversion', 'cac', 'aov', 'clv', 'costPerLead'],
    periods.map((period) => [
      period.from,
      period.newCustomers,
      period.leads,
      period.conversion.value,
      amounts(period.cac),
      amounts(period.aov),
      amounts(period.clv),
      amounts(period.costPerLead),
    ]),
  )
}
