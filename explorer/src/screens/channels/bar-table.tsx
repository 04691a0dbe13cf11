import type { AttributionAnswer } from '@touchline/schemas/api'
import { useMemo } from 'preact/hooks'
import { useResource } from '../../api/resource.js'
import { useKey } from '../../frame/keys.js'
import { useWords } from '../../i18n/dictionary.js'
import { useFormats, type Formats } from '../../i18n/formats.js'
import { Bar } from '../../parts/bar.js'
import { Opens } from '../../parts/behind.js'
import { Channel, slotsOf } from '../../parts/channels.js'
import { displayText } from '../../parts/text.js'
import { words as partsWords } from '../../parts/words.js'
import { setQuery } from '../../url/url.js'
import { useZone } from '../../url/zone.js'
import { costsOf, spentBy, type ChannelsQuery } from './queries.js'
import { rowsOf, sumsOf, type ChannelRow } from './credit.js'
import { saveCsv, type Money } from './save-csv.js'
import { modelName, words } from './words.js'

/** One table of bars, or of two bars a row; what its columns add up to stands below. */
export function BarTable({ answer, query }: { answer: AttributionAnswer; query: ChannelsQuery }) {
  const t = useWords(words)
  const p = useWords(partsWords)
  const { zone } = useZone()
  const models = answer.models ?? [answer]
  const rows = useMemo(() => rowsOf(models, answer.total), [answer])
  const { data: costs } = useResource(costsOf(query, zone))
  const spent = costs === undefined || costs.rows.length === 0 ? undefined : spentBy(costs)
  const csv = () => saveCsv(query, rows, spent)
  useKey('e', query.row === null ? csv : undefined)
  const longest = Math.max(...rows.flatMap(({ credits }) => credits))
  const slots = useMemo(() => slotsOf(rows.map(({ key }) => key)), [rows])
  const names = models.map(({ model }) => modelName(t, model))
  return (
    <>
      <div class="table-wrap" tabIndex={0} role="region" aria-label={t.title}>
        <table class="credit-table">
          <caption class="unseen">{t.title}</caption>
          <Head by={query.by} names={names} isSpent={spent !== undefined} subject={answer.subject} />
          <tbody>
            {rows.map((row, index) => (
              <Row
                key={row.key}
                row={row}
                slot={query.by === 'channel' ? slots[index] : undefined}
                longest={longest}
                spent={spent}
              />
            ))}
          </tbody>
          <Sums rows={rows} models={models.length} spent={spent} answer={answer} />
        </table>
      </div>
      <p class="bar credit-after">
        <Conserved rows={rows} models={models.length} answer={answer} />
        <button type="button" class="end" onClick={csv}>
          {p.csv}
        </button>
      </p>
    </>
  )
}

interface HeadProps {
  by: ChannelsQuery['by']
  names: readonly string[]
  isSpent: boolean
  subject: AttributionAnswer['subject']
}
function Head({ by, names, isSpent, subject }: HeadProps) {
  const t = useWords(words)
  const isAlone = names.length === 1
  const figures = [
    ...(isAlone ? [t.credit, t.share] : names),
    subject === 'account' ? t.accounts : t.people,
    t.value,
    ...(isSpent ? [t.cost, t.costPerWon] : []),
    t.medianDays,
  ]
  return (
    <thead>
      <tr>
        <th scope="col">{t[`by.${by}`]}</th>
        <th scope="col" class="credit-bars">
          {isAlone ? t.credit : <Legend names={names} />}
        </th>
        {figures.map((title) => (
          <th key={title} scope="col" class="number">
            {title}
          </th>
        ))}
      </tr>
    </thead>
  )
}

function Legend({ names }: { names: readonly string[] }) {
  return (
    <>
      {names.map((name, index) => (
        <span key={name} class={index === 0 ? 'credit-legend' : 'credit-legend credit-legend--second'}>
          {name}
        </span>
      ))}
    </>
  )
}

interface RowProps {
  row: ChannelRow
  slot: number | undefined
  longest: number
  spent: Map<string, Money> | undefined
}
function Row({ row, slot, longest, spent }: RowProps) {
  const t = useWords(words)
  const formats = useFormats()
  const open = row.subjects === 0 ? undefined : () => setQuery({ row: row.key }, { push: true })
  const cost = spent?.get(row.key)
  return (
    <tr>
      <th scope="row" class="credit-name" title={row.isUnattributed ? t.unattributedWhy : undefined}>
        <Opens what={t.open} open={open}>
          {row.isUnattributed ? (
            <span class="muted">{t.unattributed}</span>
          ) : slot === undefined ? (
            <span class="said">{displayText(row.key, 80)}</span>
          ) : (
            <Channel name={row.key} slot={slot} />
          )}
        </Opens>
      </th>
      <td class="credit-bars">
        {row.credits.map((credit, index) => (
          <Bar key={index} share={credit / longest} slot={slot} isSecond={index > 0} />
        ))}
      </td>
      {row.credits.map((credit, index) => (
        <td key={index} class="number">
          {digits(formats, credit)}
        </td>
      ))}
      {row.credits.length === 1 && <td class="number">{formats.percent(row.shares[0] ?? 0)}</td>}
      <td class="number">{row.subjects === null ? '' : formats.number(row.subjects)}</td>
      <td class="number">
        <Amounts of={row.value} />
      </td>
      {spent !== undefined && (
        <>
          <td class="number">{cost !== undefined && <Amounts of={cost} />}</td>
          <td class="number">{cost !== undefined && <Amounts of={per(cost, row.credits[0] ?? 0)} />}</td>
        </>
      )}
      <td class="number">{row.medianDays === null ? '' : formats.number(Math.round(row.medianDays))}</td>
    </tr>
  )
}

const per = (cost: Money, conversions: number): Money =>
  conversions === 0
    ? {}
    : Object.fromEntries(Object.entries(cost).map(([currency, amount]) => [currency, amount / conversions]))

/** Currencies are never summed: each has its line. */
function Amounts({ of }: { of: Money }) {
  const formats = useFormats()
  return (
    <>
      {Object.entries(of).map(([currency, amount]) => (
        <span key={currency} class="amount">
          {exactly(formats, amount, currency)}
        </span>
      ))}
    </>
  )
}

/** Credits of one column have as many digits as one another, or none have any. */
const digits = (formats: Formats, credit: number): string =>
  new Intl.NumberFormat(formats.locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(credit)

/** Always with its cents, so that a column can be added up. */
function exactly(formats: Formats, amount: number, currency: string): string {
  try {
    if (currency !== '')
      return new Intl.NumberFormat(formats.locale, {
        style: 'currency',
        currency,
        currencyDisplay: 'narrowSymbol',
      }).format(amount)
  } catch {
    // What an event calls a currency need not be one.
  }
  return `${amount.toFixed(2)} ${displayText(currency, 10)}`.trim()
}

interface SumsProps {
  rows: readonly ChannelRow[]
  models: number
  spent: Map<string, Money> | undefined
  answer: AttributionAnswer
}
function Sums({ rows, models, spent }: SumsProps) {
  const t = useWords(words)
  const formats = useFormats()
  const sums = sumsOf(rows, models)
  const cost: Record<string, number> = {}
  for (const { key } of rows)
    for (const [currency, amount] of Object.entries(spent?.get(key) ?? {}))
      cost[currency] = (cost[currency] ?? 0) + amount
  return (
    <tfoot>
      <tr>
        <th scope="row">{t.sum}</th>
        <td class="credit-bars" />
        {sums.credits.map((credit, index) => (
          <td key={index} class="number" data-sum="">
            {digits(formats, credit)}
          </td>
        ))}
        {models === 1 && <td class="number">{formats.percent(1)}</td>}
        <td />
        <td class="number">
          <Amounts of={sums.value} />
        </td>
        {spent !== undefined && (
          <>
            <td class="number">
              <Amounts of={cost} />
            </td>
            <td />
          </>
        )}
        <td />
      </tr>
    </tfoot>
  )
}

function Conserved({ rows, models, answer }: Omit<SumsProps, 'spent'>) {
  const t = useWords(words)
  const formats = useFormats()
  const { credits, value } = sumsOf(rows, models)
  const wrong = credits.find((credit) => Math.abs(credit - answer.conversions) > 0.005)
  const cents = answer.total.value.every(
    ({ amount, currency }) => Math.abs((value[currency ?? ''] ?? 0) - amount) < 0.005,
  )
  return wrong === undefined && cents ? (
    <span class="muted small">= {t.adds}</span>
  ) : (
    <span class="tag tag--red">
      {t.addsNot(formats.number(wrong ?? credits[0] ?? 0), formats.number(answer.conversions))}
    </span>
  )
}
