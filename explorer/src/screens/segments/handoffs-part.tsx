import { useState } from 'preact/hooks'
import { send } from '../../api/client.js'
import { useResource } from '../../api/resource.js'
import { useSession } from '../../api/session.js'
import { ErrorPanel } from '../../frame/error-panel.js'
import { useReady } from '../../frame/ready.js'
import { useWords } from '../../i18n/dictionary.js'
import { useFormats } from '../../i18n/formats.js'
import { Answer } from '../../parts/answer.js'
import { SubjectLink } from '../../parts/behind.js'
import { displayText } from '../../parts/text.js'
import { Time } from '../../parts/time.js'
import { useQuery } from '../../url/url.js'
import { ask, type Handoff } from './queries.js'
import { Points, Touches } from './scores-part.js'
import { words } from './words.js'

/** Who crossed a line, with the reasons; sales says yes or no here. */
export function HandoffsPart() {
  const t = useWords(words)
  const [only, setOnly] = useQuery('only')
  const answer = useResource(ask.handoffs(only === 'open'))
  useReady(answer.data !== undefined && !answer.isOld)
  return (
    <>
      <p class="bar">
        <button
          type="button"
          class="chip"
          aria-pressed={only === 'open'}
          onClick={() => setOnly(only === 'open' ? null : 'open')}
        >
          {t.openOnly}
        </button>
      </p>
      <Answer of={answer}>
        {({ rows }) =>
          rows.length === 0 ? (
            <p>{t.noHandoffs}</p>
          ) : (
            <ul class="segment-list">
              {rows.map((row) => (
                <Item key={row.id} handoff={row} done={answer.reload} />
              ))}
            </ul>
          )
        }
      </Answer>
    </>
  )
}

function Item({ handoff, done }: { handoff: Handoff; done: () => void }) {
  const t = useWords(words)
  const { number } = useFormats()
  const { subject, subjectKind, account, total, rules, touches, merged, at, score } = handoff
  return (
    <li class="segment">
      <div class="segment-head">
        <h3>
          <SubjectLink id={subject} subject={subjectKind} />
        </h3>
        {account !== null && account !== subject && <SubjectLink id={account} subject="account" />}
        <span class="muted">
          {displayText(score, 40)} {number(Math.round(total))}
        </span>
        <Time at={at} />
        {merged && <span class="tag">{t.byMerge}</span>}
        <Answering handoff={handoff} done={done} />
      </div>
      <p class="facts">
        {rules.slice(0, 5).map(({ rule, points }) => (
          <span key={rule}>
            {displayText(rule, 40)} <Points n={points} />
          </span>
        ))}
      </p>
      <Touches touches={touches.slice(0, 5)} />
    </li>
  )
}

function Answering({ handoff, done }: { handoff: Handoff; done: () => void }) {
  const t = useWords(words)
  const mayChange = useSession()?.role === 'admin'
  const [isRejecting, setIsRejecting] = useState(false)
  const [reason, setReason] = useState('')
  const [error, setError] = useState<unknown>()
  const { id, answer } = handoff
  if (answer !== null)
    return (
      <span class={answer.accepted ? 'tag tag--green' : 'tag'}>
        {answer.accepted ? t.accepted : t.rejected}
        {answer.reason !== '' && <> · {displayText(answer.reason, 80)}</>}
      </span>
    )
  const say = async (accepted: boolean) => {
    setError(undefined)
    try {
      await send(`/v1/handoffs/${encodeURIComponent(id)}/answer`, {
        method: 'POST',
        body: { accepted, reason: accepted ? '' : reason, author: 'explorer' },
      })
      done()
    } catch (failure) {
      setError(failure)
    }
  }
  return (
    <span class="bar end">
      <button type="button" disabled={!mayChange} onClick={() => void say(true)}>
        {t.accept}
      </button>
      {isRejecting ? (
        <form
          class="bar"
          onSubmit={(event) => {
            event.preventDefault()
            void say(false)
          }}
        >
          <input
            aria-label={t.reason}
            placeholder={t.reason}
            required
            value={reason}
            onInput={(event) => setReason(event.currentTarget.value)}
          />
          <button type="submit">{t.reject}</button>
        </form>
      ) : (
        <button type="button" disabled={!mayChange} onClick={() => setIsRejecting(true)}>
          {t.reject}
        </button>
      )}
      {error !== undefined && <ErrorPanel error={error} />}
    </span>
  )
}
