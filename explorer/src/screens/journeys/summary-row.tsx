import { useResource } from '../../api/resource.js'
import { useWords } from '../../i18n/dictionary.js'
import { useFormats } from '../../i18n/formats.js'
import { Answer } from '../../parts/answer.js'
import { Opens } from '../../parts/behind.js'
import { displayText } from '../../parts/text.js'
import { setQuery } from '../../url/url.js'
import { outcomes, summaryOf, type JourneysQuery, type Outcome, type Summary } from './queries.js'
import { words } from './words.js'

/** "31 touches, 3.1 channels, 192 days", for what was won, lost, and is open. */
export function SummaryRow({ query }: { query: JourneysQuery }) {
  return (
    <ul class="outcomes">
      {outcomes.map((outcome) => (
        <li key={outcome} data-outcome={outcome}>
          <One query={query} outcome={outcome} />
        </li>
      ))}
    </ul>
  )
}

function One({ query, outcome }: { query: JourneysQuery; outcome: Outcome }) {
  const t = useWords(words)
  const formats = useFormats()
  const answer = useResource(summaryOf(query, outcome))
  return (
    <>
      <h2>{t[`outcome.${outcome}`]}</h2>
      <Answer of={answer}>
        {(one) =>
          one.n === 0 ? (
            <p class="muted">{t.none}</p>
          ) : (
            <>
              <p class="outcome-figures">
                <Figure value={one.touches} unit={t.touches} digits={0} />
                <Figure value={one.channels} unit={t.channels} digits={1} />
                <Figure value={one.days} unit={t.days} digits={0} />
              </p>
              <p class="small muted">
                <Opens what={t.open} open={() => setQuery({ open: `outcome:${outcome}` }, { push: true })}>
                  {t.journeys(formats.number(one.n))}
                </Opens>
                {one.anonymousShare !== null && <> · {t.anonymous(formats.percent(one.anonymousShare, 0))}</>}
              </p>
              {outcome === 'won' && <p class="unseen">{t.counted(displayText(one.touchFilter, 200))}</p>}
            </>
          )
        }
      </Answer>
    </>
  )
}

function Figure({ value, unit, digits }: { value: Summary['touches']; unit: string; digits: number }) {
  const t = useWords(words)
  const formats = useFormats()
  const one = (number: number | null) =>
    number === null
      ? '–'
      : new Intl.NumberFormat(formats.locale, { maximumFractionDigits: digits }).format(number)
  return (
    <span
      class="outcome-figure"
      title={`${t.median(one(value.median))} · ${t.half(one(value.p25), one(value.p75))}`}
    >
      <strong>{one(value.mean)}</strong> {unit}
      <span class="small muted outcome-median">{t.median(one(value.median))}</span>
    </span>
  )
}
