import { useState } from 'preact/hooks'
import { send } from '../../api/client.js'
import { endpoint } from '../../api/endpoints.js'
import { useResource } from '../../api/resource.js'
import { useSession } from '../../api/session.js'
import { Dialog } from '../../frame/dialog.js'
import { ErrorPanel } from '../../frame/error-panel.js'
import { useFormats } from '../../i18n/formats.js'
import { useWords } from '../../i18n/dictionary.js'
import { displayText } from '../../parts/text.js'
import { Time } from '../../parts/time.js'
import { words } from './words.js'

/** What DELETE /v1/people/:id and GET /v1/erasures/:id answer; their schema stands with the route. */
interface Proof {
  erasureId: string
  status: 'running' | 'finished'
  requestedAt: string
  checkedAt: string
  identifiers: number
  remaining: Record<string, number>
  note: string
  notReached: string[]
}

const lookEveryMs = 1_000

/** Asks for the id to be typed, then shows the proof as it grows. */
export function Erase({ id, name, close }: { id: string; name: string; close: () => void }) {
  const t = useWords(words)
  const mayErase = useSession()?.role === 'admin'
  const [typed, setTyped] = useState('')
  const [proof, setProof] = useState<Proof>()
  const [error, setError] = useState<unknown>()
  const [isAsked, setIsAsked] = useState(false)
  const erase = async (event: Event) => {
    event.preventDefault()
    setIsAsked(true)
    setError(undefined)
    try {
      setProof(await send<Proof>(`/v1/people/${encodeURIComponent(id)}`, { method: 'DELETE' }))
    } catch (reason) {
      setError(reason)
    }
    setIsAsked(false)
  }
  return (
    <Dialog label={t.eraseTitle(name)} class="erase" close={close}>
      <h2 class="said">{t.eraseTitle(name)}</h2>
      {error !== undefined && <ErrorPanel error={error} />}
      {proof === undefined ? (
        <form onSubmit={(event) => void erase(event)}>
          <p>{t.eraseWhat}</p>
          <label for="erase-id" class="said">
            {t.eraseType(displayText(id))}
          </label>
          <input
            id="erase-id"
            autocomplete="off"
            spellcheck={false}
            value={typed}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
          {!mayErase && <p class="muted">{t.eraseMayNot}</p>}
          <button type="submit" class="danger" disabled={typed !== id || isAsked || !mayErase}>
            {t.eraseDo}
          </button>
        </form>
      ) : (
        <ProofOf first={proof} />
      )}
      <button type="button" onClick={close}>
        {t.close}
      </button>
    </Dialog>
  )
}

function ProofOf({ first }: { first: Proof }) {
  const t = useWords(words)
  const formats = useFormats()
  const [isDone, setIsDone] = useState(first.status === 'finished')
  const { data } = useResource(
    endpoint<Proof>(`/v1/erasures/${encodeURIComponent(first.erasureId)}`),
    isDone ? {} : { everyMs: lookEveryMs },
  )
  const proof = data ?? first
  if (proof.status === 'finished' && !isDone) setIsDone(true)
  const left = Object.entries(proof.remaining).filter(([, n]) => n > 0)
  return (
    <section role="status">
      <p class="light" data-on={proof.status === 'finished' ? '' : undefined}>
        {proof.status === 'finished' ? t.erased : t.erasing}
      </p>
      <dl class="pairs">
        <dt>{t.proofId}</dt>
        <dd>
          <code>{proof.erasureId}</code>
        </dd>
        <dt>{t.asked}</dt>
        <dd>
          <Time at={proof.requestedAt} />
        </dd>
        <dt>{t.checked}</dt>
        <dd>
          <Time at={proof.checkedAt} />
        </dd>
        <dt>{t.covers}</dt>
        <dd>{formats.number(proof.identifiers)}</dd>
        <dt>{t.remaining}</dt>
        <dd>
          {left.length === 0
            ? t.nothingLeft
            : left.map(([table, n]) => `${table}: ${formats.number(n)}`).join(', ')}
        </dd>
      </dl>
      {proof.notReached.length > 0 && (
        <p class="muted small">
          {t.notReached}: {proof.notReached.join(' · ')}
        </p>
      )}
    </section>
  )
}
