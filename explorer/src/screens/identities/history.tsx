import { useState } from 'preact/hooks'
import { send } from '../../api/client.js'
import { useResource } from '../../api/resource.js'
import { useSession } from '../../api/session.js'
import { ErrorPanel } from '../../frame/error-panel.js'
import { useReady } from '../../frame/ready.js'
import { useWords } from '../../i18n/dictionary.js'
import { Answer } from '../../parts/answer.js'
import { nameOfIdentifier } from '../../parts/names.js'
import { displayText } from '../../parts/text.js'
import { Time } from '../../parts/time.js'
import { decisionsOf, unlinkPath, type Decision } from './queries.js'
import { words } from './words.js'

const lookEveryMs = 2_000

/** What people decided. An undone decision stays, marked, beside what undid it. */
export function HistoryPart() {
  const t = useWords(words)
  const answer = useResource(decisionsOf(), { everyMs: lookEveryMs })
  useReady(answer.data !== undefined || answer.error !== undefined)
  return (
    <Answer of={answer}>
      {({ decisions }) =>
        decisions.length === 0 ? (
          <p>{t.noDecisions}</p>
        ) : (
          <ul class="behind">
            {decisions.map((one, index) => (
              <DecisionItem
                key={one.messageId}
                decision={one}
                isUndone={one.kind === 'unlink' && isUndone(one, decisions.slice(0, index))}
                done={answer.reload}
              />
            ))}
          </ul>
        )
      }
    </Answer>
  )
}

const pairKey = (pair: readonly string[]) => [...pair].sort().join('\n')

/** Each of its pairs was put together again later. */
export function isUndone(
  { pairs }: Pick<Decision, 'pairs'>,
  later: readonly Pick<Decision, 'kind' | 'pairs'>[],
): boolean {
  const again = new Set(
    later.filter(({ kind }) => kind === 'relink').flatMap((one) => one.pairs.map(pairKey)),
  )
  return pairs.length > 0 && pairs.every((pair) => again.has(pairKey(pair)))
}

function DecisionItem({
  decision,
  isUndone: undone,
  done,
}: {
  decision: Decision
  isUndone: boolean
  done: () => void
}) {
  const t = useWords(words)
  const mayChange = useSession()?.role === 'admin'
  const [state, setState] = useState<{ isAsked: boolean; isDone: boolean; error?: unknown }>({
    isAsked: false,
    isDone: false,
  })
  const { kind, pairs, person, reason, author, at } = decision
  const undo = async () => {
    setState({ isAsked: true, isDone: false })
    try {
      for (const [other = '', identifier = ''] of pairs)
        await send(unlinkPath(person, 'relink'), {
          method: 'POST',
          body: { identifier, other, author: 'explorer' },
        })
      setState({ isAsked: false, isDone: true })
      done()
    } catch (error) {
      setState({ isAsked: false, isDone: false, error })
    }
  }
  const name = (id: string | undefined) => displayText(nameOfIdentifier(id ?? ''), 60)
  return (
    <li data-decision={kind}>
      <span class="said">
        <Time at={at} /> <strong>{t[`kind.${kind}`]}</strong>{' '}
        {pairs.slice(0, 5).map(([other, identifier]) => (
          <span key={`${other} ${identifier}`}>{t.from(name(identifier), name(other))} </span>
        ))}
        {undone && <span class="tag">{t.isUndone}</span>}
        <span class="amount small muted">
          {displayText(author, 60)}
          {reason !== '' && <> · {displayText(reason)}</>}
        </span>
      </span>
      {kind === 'unlink' && !undone && (
        <button
          type="button"
          disabled={!mayChange || state.isAsked || state.isDone}
          onClick={() => void undo()}
        >
          {t.undo}
        </button>
      )}
      {state.isDone && <span role="status">{t.undone}</span>}
      {state.error !== undefined && <ErrorPanel error={state.error} />}
    </li>
  )
}
