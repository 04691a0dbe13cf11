import type { LiveRow } from '@touchline/schemas/api'
import { Fragment } from 'preact'
import { useState } from 'preact/hooks'
import { endpoint, endpoints, type EventStatus } from '../../api/endpoints.js'
import { indented } from '../../api/exact-json.js'
import { useResource } from '../../api/resource.js'
import { useSession } from '../../api/session.js'
import { useWords } from '../../i18n/dictionary.js'
import { Channel } from '../../parts/channels.js'
import { Code } from '../../parts/code.js'
import { displayText } from '../../parts/text.js'
import { WhyPerson } from '../../parts/touch-detail.js'
import { bodyOf, curlOf } from './curl.js'
import { words } from './words.js'

const tabs = ['payload', 'stored', 'channel', 'person', 'curl'] as const
type Tab = (typeof tabs)[number]
const lookAgainMs = 1_000

interface Rejected {
  rejected: { receivedAt: string; messageId: string; code: string; message: string; original: string }[]
}

/** What an event held, what became of it and why, and how to send it again. */
export function Detail({ row, messageId }: { row: LiveRow | undefined; messageId: string }) {
  const t = useWords(words)
  const isRefused = row?.state === 'refused'
  const [asked, setAsked] = useState<Tab>('payload')
  const open: readonly Tab[] = isRefused ? ['payload', 'curl'] : tabs
  const tab = open.includes(asked) ? asked : 'payload'
  return (
    <div class="live-detail">
      {row?.state === 'refused' && (
        <p class="said">
          <span class="tag tag--red">{row.code}</span> {displayText(row.reason ?? '', 400)}
        </p>
      )}
      <div class="chips" role="group" aria-label={t.tabs}>
        {open.map((one) => (
          <button
            key={one}
            type="button"
            class="chip"
            aria-pressed={one === tab}
            onClick={() => setAsked(one)}
          >
            {t[`tab.${one}`]}
          </button>
        ))}
      </div>
      <div class="live-part">
        {row !== undefined && isRefused ? (
          <RefusedPart row={row} tab={tab} />
        ) : (
          <StoredPart
            messageId={messageId}
            tab={tab}
            isWaiting={row?.state === 'durable'}
            state={row?.state}
          />
        )}
      </div>
    </div>
  )
}

function RefusedPart({ row, tab }: { row: LiveRow; tab: Tab }) {
  const t = useWords(words)
  const [from, to] = [new Date(row.at).toISOString(), new Date(row.at + 1_000).toISOString()]
  const path = endpoint<Rejected>('/v1/rejected', { code: row.code, from, to, limit: 200 })
  const [isThere, setIsThere] = useState(false)
  const { data } = useResource(path, isThere ? {} : { everyMs: lookAgainMs })
  const found =
    data?.rejected.find(({ messageId }) => messageId !== '' && messageId === row.messageId) ??
    data?.rejected.findLast(({ receivedAt }) => Date.parse(receivedAt) === row.at)
  if ((found !== undefined) !== isThere) setIsThere(found !== undefined)
  if (found === undefined) return <p class="muted">{t.notKept}</p>
  if (tab === 'payload') return <Code label={t['tab.payload']} text={indented(found.original)} />
  return <Again kind={row.kind} body={indented(found.original)} say={t.howTo} />
}

function Again({ kind, body, say }: { kind: string; body: string; say: string }) {
  const t = useWords(words)
  const session = useSession()
  const to = { url: session?.publicUrl ?? location.origin, key: session?.writeKey ?? null }
  return (
    <>
      <p class="muted">{say}</p>
      <Code label={t['tab.curl']} text={curlOf(to, kind, body)} />
    </>
  )
}

interface StoredPartProps {
  messageId: string
  tab: Tab
  isWaiting: boolean
  state: string | undefined
}
function StoredPart({ messageId, tab, isWaiting, state }: StoredPartProps) {
  const t = useWords(words)
  const [isThere, setIsThere] = useState(false)
  // Not before it is said to be stored: until then the answer would be that there is no such event.
  const status = useResource(
    isWaiting ? null : endpoints.event(messageId),
    isThere ? {} : { everyMs: lookAgainMs },
  )
  const { data, error } = status
  const event = data?.event
  const isLinked = event !== undefined && event !== null && event.person !== ''
  if (isLinked !== isThere) setIsThere(isLinked)
  if (event === undefined || event === null)
    return (
      <p class="muted">{isWaiting || error !== undefined || state !== undefined ? t.notYet : t.notKept}</p>
    )
  switch (tab) {
    case 'payload':
      return <Code label={t['tab.payload']} text={JSON.stringify(bodyOf(event), null, 2)} />
    case 'stored':
      return <Code label={t['tab.stored']} text={JSON.stringify(event, null, 2)} />
    case 'channel':
      return <WhyChannel event={event} />
    case 'person':
      return event.person === '' ? (
        <p class="muted">{t.noPerson}</p>
      ) : (
        <WhyPerson person={event.person} messageId={messageId} />
      )
    case 'curl':
      return <Again kind={event.type} body={JSON.stringify(bodyOf(event), null, 2)} say={t.again} />
  }
}

function WhyChannel({ event }: { event: NonNullable<EventStatus['event']> }) {
  const t = useWords(words)
  const pairs = [
    [t.rule, event.channelRule],
    [t.source, event.source],
    [t.medium, event.medium],
    [t.campaign, event.campaign],
    [t.referrer, event.referrer],
    [t.page, event.url],
  ].filter((pair): pair is [string, string] => typeof pair[1] === 'string' && pair[1] !== '')
  return (
    <>
      {event.channelRule === '' ? <p class="muted">{t.noChannel}</p> : <Channel name={event.channel} />}
      <dl class="pairs">
        {pairs.map(([name, value]) => (
          <Fragment key={name}>
            <dt>{name}</dt>
            <dd class="said">{displayText(value)}</dd>
          </Fragment>
        ))}
      </dl>
    </>
  )
}
