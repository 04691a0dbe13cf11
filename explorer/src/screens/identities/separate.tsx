import { useEffect, useState } from 'preact/hooks'
import { send } from '../../api/client.js'
import { pathOf } from '../../api/endpoints.js'
import { Dialog } from '../../frame/dialog.js'
import { ErrorPanel } from '../../frame/error-panel.js'
import { useWords } from '../../i18n/dictionary.js'
import { nameOfIdentifier } from '../../parts/names.js'
import { displayText } from '../../parts/text.js'
import { DecisionForm } from './decision-form.js'
import { unlinkPath, type Preview } from './queries.js'
import { words } from './words.js'

interface SeparateProps {
  person: string
  identifier: string
  done: () => void
  close: () => void
}

/** What it would make of the people is seen before anything is written. */
export function Separate({ person, identifier, done, close }: SeparateProps) {
  const t = useWords(words)
  const [preview, setPreview] = useState<Preview>()
  const [error, setError] = useState<unknown>()
  const [step, setStep] = useState<'asked' | 'writing' | 'written'>('asked')
  useEffect(() => {
    const abort = new AbortController()
    send<Preview>(pathOf(unlinkPath(person, 'unlink'), { preview: 1 }), {
      method: 'POST',
      body: { identifier },
      signal: abort.signal,
    }).then(setPreview, (failure: unknown) => abort.signal.aborted || setError(failure))
    return () => abort.abort()
  }, [person, identifier])
  const write = async (reason: string) => {
    setStep('writing')
    try {
      await send(unlinkPath(person, 'unlink'), {
        method: 'POST',
        body: { identifier, reason, author: 'explorer' },
      })
      setStep('written')
      done()
    } catch (failure) {
      setError(failure)
      setStep('asked')
    }
  }
  const title = t.separateTitle(
    displayText(nameOfIdentifier(identifier), 60),
    displayText(nameOfIdentifier(person), 60),
  )
  return (
    <Dialog label={title} class="separate" close={close}>
      <h2 class="said">{title}</h2>
      {error !== undefined && <ErrorPanel error={error} />}
      {preview !== undefined && <BeforeAfter preview={preview} />}
      {step === 'written' ? (
        <>
          <p role="status">{t.written}</p>
          <button type="button" onClick={close}>
            OK
          </button>
        </>
      ) : (
        preview !== undefined && (
          <DecisionForm
            label={t.write}
            isDanger
            write={(reason) => void write(reason)}
            isWriting={step === 'writing'}
            close={close}
          />
        )
      )}
    </Dialog>
  )
}

function BeforeAfter({ preview: { before, after } }: { preview: Preview }) {
  const t = useWords(words)
  return (
    <div class="before-after">
      <section>
        <h3>{t.now}</h3>
        <People people={before.people} />
      </section>
      <span class="before-after-arrow" aria-hidden="true">
        →
      </span>
      <section>
        <h3>{t.after}</h3>
        <People people={after.people} />
      </section>
      {JSON.stringify(before) === JSON.stringify(after) && <p class="muted">{t.changesNothing}</p>}
    </div>
  )
}

function People({ people }: { people: Preview['before']['people'] }) {
  const t = useWords(words)
  if (people.length === 0) return <p class="muted">{t.nobody}</p>
  return (
    <ul>
      {people.map(({ id, name, identifiers, accounts }) => (
        <li key={id} class="person-card">
          <strong class="said">{displayText(name || nameOfIdentifier(id), 60)}</strong>
          {accounts.length > 0 && (
            <span class="muted small said">
              {' '}
              {displayText(accounts.map(({ account }) => account).join(', '), 80)}
            </span>
          )}
          <ul class="small said">
            {identifiers.slice(0, 20).map((one) => (
              <li key={one}>{displayText(one, 80)}</li>
            ))}
          </ul>
        </li>
      ))}
    </ul>
  )
}
