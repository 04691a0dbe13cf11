import { useState } from 'preact/hooks'
import { endpoints, type EventStatus, type Touchpoint, type Why } from '../api/endpoints.js'
import { useResource } from '../api/resource.js'
import { useWords } from '../i18n/dictionary.js'
import { useFormats } from '../i18n/formats.js'
import { Answer } from './answer.js'
import { Channel } from './channels.js'
import { Code } from './code.js'
import { displayText, webAddress } from './text.js'
import { Time } from './time.js'
import { words } from './touch-words.js'

/** All that is known of a touch: what was done, and the two whys; its events are asked for when they are opened. */
export function TouchDetail({ touch, person }: { touch: Touchpoint; person: string }) {
  const t = useWords(words)
  const formats = useFormats()
  return (
    <>
      <What touch={touch} />
      <section>
        <h3>{t.whyChannel}</h3>
        {touch.channelRule === '' ? (
          <p class="muted">{t.noRule}</p>
        ) : (
          <p>
            <Channel name={touch.channel} /> · {t.channelRule}{' '}
            <code>{displayText(touch.channelRule, 80)}</code>
          </p>
        )}
        <Campaign touch={touch} />
      </section>
      <section>
        <h3>{t.whyPerson}</h3>
        <WhyPerson person={person} messageId={touch.messageIds[0] ?? ''} />
      </section>
      <section>
        <h3>{t.events(formats.number(touch.messageIds.length))}</h3>
        <p class="muted">
          {t.sources}: {displayText(touch.sources.join(', '))}
        </p>
        {touch.messageIds.slice(0, 50).map((id) => (
          <EventOpener key={id} messageId={id} />
        ))}
      </section>
    </>
  )
}

function What({ touch }: { touch: Touchpoint }) {
  const t = useWords(words)
  const formats = useFormats()
  const { pages = [], properties, value, currency = null, durationSeconds } = touch
  const named = Object.entries(properties).slice(0, 50)
  return (
    <section>
      <dl class="pairs">
        {value !== undefined && <Pair name={t.value}>{formats.money(value, currency)}</Pair>}
        {durationSeconds !== undefined && durationSeconds > 0 && (
          <Pair name={t.lasted}>{formats.span(durationSeconds * 1_000)}</Pair>
        )}
        {pages.length === 0 && touch.page.url !== undefined && (
          <Pair name={t.page}>
            <Address url={touch.page.url} />
          </Pair>
        )}
        {named.map(([name, one]) => (
          <Pair key={name} name={displayText(name, 40)}>
            <span class="said">{displayText(typeof one === 'string' ? one : JSON.stringify(one))}</span>
          </Pair>
        ))}
      </dl>
      {pages.length > 0 && (
        <>
          <h3>{t.pages}</h3>
          <ol class="page-list">
            {pages.slice(0, 100).map((page, index) => (
              <li key={index}>
                <Time at={page.at} as="time" />{' '}
                <span class="said">{displayText(page.title || page.path, 80)}</span>{' '}
                {page.seconds !== null && (
                  <span class="muted">{t.seconds(formats.span(page.seconds * 1_000))}</span>
                )}
              </li>
            ))}
          </ol>
        </>
      )}
    </section>
  )
}

function Pair({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return (
    <>
      <dt class="cut">{name}</dt>
      <dd>{children}</dd>
    </>
  )
}

function Address({ url }: { url: string }) {
  const href = webAddress(url)
  return href === undefined ? (
    <span class="said">{displayText(url)}</span>
  ) : (
    <a href={href} rel="noreferrer noopener" target="_blank" class="said">
      {displayText(url)}
    </a>
  )
}

function Campaign({ touch }: { touch: Touchpoint }) {
  const t = useWords(words)
  const { source, medium, name } = touch.campaign
  const campaign = [source, medium, name].filter((part) => part !== undefined && part !== '')
  const { referrer } = touch.page
  return (
    <dl class="pairs">
      {campaign.length > 0 && <Pair name={t.campaign}>{displayText(campaign.join(' · '))}</Pair>}
      {referrer !== undefined && referrer !== '' && (
        <Pair name={t.referrer}>
          <Address url={referrer} />
        </Pair>
      )}
    </dl>
  )
}

/** Which identifier the event had, and what made it this person's: the rule, and the message that said so. */
export function WhyPerson({ person, messageId }: { person: string; messageId: string }) {
  const why = useResource(messageId === '' ? null : endpoints.why(person, { messageId }))
  return <Answer of={why}>{(data) => <WhyText why={data} />}</Answer>
}

function WhyText({ why }: { why: Why }) {
  const t = useWords(words)
  const owner = why.owners.find((one) => one.person === why.person) ?? why.owners[0]
  return (
    <>
      <p class="said">
        <code>{displayText(why.identifier)}</code>
        {owner?.verified && <span class="tag tag--green">{t.verified}</span>}
      </p>
      {owner === undefined || owner.because === '' ? (
        <p class="muted">{owner?.meaning ? displayText(owner.meaning, 400) : t.itself}</p>
      ) : (
        <>
          <p class="said">{displayText(owner.meaning, 400)}</p>
          <p class="muted small said">
            {t.rule(displayText(owner.rule, 20), displayText(owner.because, 60))}
          </p>
        </>
      )}
      {why.decidedBy.slice(0, 5).map((event) => (
        <p key={event.messageId} class="small said">
          <Time at={event.occurredAt} /> · {displayText(event.type, 20)} {displayText(event.name, 80)}
          {event.url !== '' && <> · {displayText(event.url, 120)}</>}
        </p>
      ))}
    </>
  )
}

export function EventOpener({ messageId }: { messageId: string }) {
  const t = useWords(words)
  const [isOpen, setIsOpen] = useState(false)
  return (
    <div>
      <button type="button" class="plain cut" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
        <span aria-hidden="true">{isOpen ? '▾' : '▸'}</span> <code>{displayText(messageId, 60)}</code>
      </button>
      {isOpen && <StoredEvent messageId={messageId} label={t.event} />}
    </div>
  )
}

function StoredEvent({ messageId, label }: { messageId: string; label: string }) {
  const status = useResource(endpoints.event(messageId))
  return (
    <Answer of={status}>
      {(data) => <Code label={label} text={JSON.stringify(shownEvent(data), null, 2)} />}
    </Answer>
  )
}

function shownEvent({ event, reason }: EventStatus): unknown {
  const filled = Object.entries(event ?? {}).filter(
    ([, value]) =>
      value !== null && value !== '' && !(typeof value === 'object' && Object.keys(value).length === 0),
  )
  return { ...Object.fromEntries(filled), ...(reason === null ? {} : { reason }) }
}
