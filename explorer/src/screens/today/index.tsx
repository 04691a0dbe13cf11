import type { Meta } from '@touchline/schemas/api'
import { useReady } from '../../frame/ready.js'
import { useWords } from '../../i18n/dictionary.js'
import { displayText } from '../../parts/text.js'
import { WithMeta } from '../../parts/with-meta.js'
import { Link } from '../../url/link.js'
import { useAlike, useNewPeople, useSilent, useTrouble, type CardContent } from './cards.js'
import { useHandoffs } from './handoffs.js'
import { words } from './words.js'
import '../../parts/questions.css'
import './today.css'

/** S0: what do I do this morning? */
export default function Today() {
  return <WithMeta>{(meta) => <Cards meta={meta} />}</WithMeta>
}

function Cards({ meta }: { meta: Meta }) {
  const t = useWords(words)
  const found = [useTrouble(), useSilent(meta), useHandoffs(meta), useNewPeople(meta), useAlike(meta)]
  const cards = found.flatMap(({ card }) => (card ? [card] : []))
  const isThere = found.every(({ card }) => card !== undefined)
  const failed = found.flatMap(({ error }) => (error === undefined ? [] : [error]))
  useReady(isThere)
  return (
    <>
      <h1 class="unseen">{t.title}</h1>
      {isThere && cards.length === 0 && (
        <section class="panel">
          <h2>{t.nothing}</h2>
          <p class="muted">{t.looked}</p>
        </section>
      )}
      <div class="cards">
        {cards.map((card) => (
          <Card key={card.id} card={card} />
        ))}
      </div>
      {failed.length > 0 && (
        <div class="notes">
          {failed.map((error, index) => (
            <p key={index}>
              {t.notKnown} {displayText(error instanceof Error ? error.message : t.failed)}
            </p>
          ))}
        </div>
      )}
    </>
  )
}

function Card({ card: { id, title, tone, rows, more } }: { card: CardContent }) {
  const t = useWords(words)
  return (
    <section class={`card card--${tone}`} data-card={id}>
      <header>
        <h2>{title}</h2>
        <Link href={more} aria-label={`${t.all}: ${title}`}>
          {t.all}
        </Link>
      </header>
      <ul>
        {rows.map(({ key, who, why }) => (
          <li key={key}>
            {who}
            {why !== '' && <span class="muted small said">{why}</span>}
          </li>
        ))}
      </ul>
    </section>
  )
}
