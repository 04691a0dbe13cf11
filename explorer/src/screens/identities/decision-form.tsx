import { useId, useState } from 'preact/hooks'
import { useSession } from '../../api/session.js'
import { useWords } from '../../i18n/dictionary.js'
import { words } from './words.js'

interface DecisionFormProps {
  /** What the button says. */
  label: string
  /** It takes something apart. */
  isDanger?: boolean
  isWriting: boolean
  write: (reason: string) => void
  close: () => void
}

/** A person's decision, with the reason that stands beside it in the history. */
export function DecisionForm({ label, isDanger = false, isWriting, write, close }: DecisionFormProps) {
  const t = useWords(words)
  const mayChange = useSession()?.role === 'admin'
  const [reason, setReason] = useState('')
  const id = useId()
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        write(reason)
      }}
    >
      <label for={id}>{t.reason}</label>
      <input
        id={id}
        maxLength={1_000}
        value={reason}
        onInput={(event) => setReason(event.currentTarget.value)}
      />
      <p class="bar">
        <button type="submit" class={isDanger ? 'danger' : ''} disabled={!mayChange || isWriting}>
          {isWriting ? t.writing : label}
        </button>
        <button type="button" onClick={close}>
          {t.cancel}
        </button>
        {!mayChange && <span class="small muted">{t.readOnly}</span>}
      </p>
    </form>
  )
}
