import type { PersonProfile } from '../../api/endpoints.js'
import { useWords } from '../../i18n/dictionary.js'
import { displayText } from '../../parts/text.js'
import { Time } from '../../parts/time.js'
import { knownScreens } from '../screen.js'
import { Link } from '../../url/link.js'
import { hrefOf } from '../../url/url.js'
import { words } from './words.js'

const mostListed = 50

/** Who this person is known as, and what is known of them, each with the message that said so. */
export function Identity({ person }: { person: PersonProfile }) {
  const t = useWords(words)
  const canSeparate = knownScreens.has('identities')
  return (
    <div class="identity">
      <section>
        <h2>{t.identifiers}</h2>
        <p class="muted small">{t.identifiersHint}</p>
        <ul class="rows">
          {person.identifiers.slice(0, mostListed).map(({ identifier, rule, because, from }) => (
            <li key={`${identifier} ${from}`}>
              <code class="said">{displayText(identifier, 120)}</code>
              <span class="muted small said">
                {because === '' ? t.itself : `${displayText(rule, 20)} · ${displayText(because, 60)}`}
              </span>
              {canSeparate && because !== '' && (
                <Link class="small" href={hrefOf('/identities', { person: person.id, identifier })}>
                  {t.notThisPerson}
                </Link>
              )}
            </li>
          ))}
        </ul>
      </section>
      {person.accounts.length > 0 && (
        <section>
          <h2>{t.accounts}</h2>
          <ul class="rows">
            {person.accounts.slice(0, mostListed).map(({ account, how, from, to }, index) => (
              <li key={index}>
                <Link href={hrefOf(`/accounts/${encodeURIComponent(account)}`)}>
                  {displayText(account, 80)}
                </Link>
                <span class="muted small">
                  {how} · <Time at={from} as="date" /> – {to !== null && <Time at={to} as="date" />}
                </span>
              </li>
            ))}
          </ul>
        </section>
      )}
      {person.traits.length > 0 && <Traits traits={person.traits} />}
    </div>
  )
}

function Traits({ traits }: Pick<PersonProfile, 'traits'>) {
  const t = useWords(words)
  return (
    <section>
      <h2>{t.traits}</h2>
      <dl class="pairs">
        {traits.slice(0, mostListed).map(({ name, value, messageId }) => (
          <>
            <dt class="cut" key={`${name} name`}>
              {displayText(name, 40)}
            </dt>
            <dd class="said" key={name} title={t.saidBy(displayText(messageId, 60))}>
              {displayText(typeof value === 'string' ? value : JSON.stringify(value))}
            </dd>
          </>
        ))}
      </dl>
    </section>
  )
}
