import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { send } from '../../api/client.js'
import { useSession } from '../../api/session.js'
import { ErrorPanel } from '../../frame/error-panel.js'
import { useWords } from '../../i18n/dictionary.js'
import { useFormats } from '../../i18n/formats.js'
import { Pick } from '../../parts/pick.js'
import { displayText } from '../../parts/text.js'
import { usePreferences } from '../../preferences.js'
import { setQuery, useQuery } from '../../url/url.js'
import type { Kind, Preview } from './queries.js'
import { Examples } from './examples.js'
import { usePreview } from './use-preview.js'
import { words } from './words.js'

const askAfterMs = 250
const usual = '{ "lastSeen": { "within": "30d" } }'

/** A condition is counted while it is written; the sentence says what the server understood. It stands in the address. */
export function TryCondition({ saved }: { saved: () => void }) {
  const t = useWords(words)
  const [kept, setKept] = useQuery('condition')
  const [about] = useQuery('about')
  const [text, setText] = useState(kept ?? usual)
  const kind: Kind = about === 'person' ? 'person' : 'account'
  const when = parsed(text)
  const { preview, error, isOld } = usePreview(when && { subject: kind, when }, askAfterMs)
  return (
    <section class="block try">
      <h2>{t.try}</h2>
      <Pick
        label={t.about}
        value={kind}
        options={[
          { id: 'account', name: t['about.account'] },
          { id: 'person', name: t['about.person'] },
        ]}
        pick={(id) => setQuery({ about: id === 'person' ? id : null })}
      />
      <textarea
        aria-label={t.condition}
        rows={5}
        spellcheck={false}
        value={text}
        onInput={(event) => {
          setText(event.currentTarget.value)
          if (event.currentTarget.value.length < 1_500) setKept(event.currentTarget.value)
        }}
      />
      {when === undefined ? (
        <p class="muted">{t.notJson}</p>
      ) : error !== undefined && !isOld ? (
        <p class="wrong said" role="alert">
          {displayText(error instanceof Error ? error.message : t.failed, 400)}
        </p>
      ) : (
        preview !== undefined && (
          <Held preview={preview} isOld={isOld} kind={kind}>
            <Save body={{ subject: kind, when }} saved={saved} />
          </Held>
        )
      )}
    </section>
  )
}

interface HeldProps {
  preview: Preview
  isOld: boolean
  kind: Kind
  children: ComponentChildren
}
/** For whom it holds, in words and in number. */
function Held({ preview, isOld, kind, children }: HeldProps) {
  const t = useWords(words)
  const formats = useFormats()
  const { language } = usePreferences()
  return (
    <div class={isOld ? 'is-old' : undefined} aria-live="polite">
      <p class="said">{displayText(preview.sentence?.[language] ?? '', 600)}</p>
      <p>
        {t.holdsFor}{' '}
        <strong>{(kind === 'account' ? t.accounts : t.people)(formats.number(preview.subjects))}</strong>
      </p>
      {preview.warnings.map(({ path, message }) => (
        <p class="small muted said" key={path}>
          {displayText(message, 300)}
        </p>
      ))}
      <Examples examples={preview.examples} kind={kind} />
      {children}
    </div>
  )
}

function Save({ body, saved }: { body: { subject: Kind; when: object }; saved: () => void }) {
  const t = useWords(words)
  const mayChange = useSession()?.role === 'admin'
  const [name, setName] = useState('')
  const [state, setState] = useState<{ isSaved: boolean; error?: unknown }>({ isSaved: false })
  const save = async (event: Event) => {
    event.preventDefault()
    try {
      await send(`/v1/definitions/segments/${encodeURIComponent(idOf(name))}`, {
        method: 'PUT',
        body: { name, ...body, author: 'explorer' },
      })
      setState({ isSaved: true })
      saved()
    } catch (error) {
      setState({ isSaved: false, error })
    }
  }
  return (
    <form class="bar" onSubmit={(event) => void save(event)}>
      <label>
        <span class="small muted">{t.saveAs}</span>{' '}
        <input
          required
          maxLength={100}
          value={name}
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </label>
      <button type="submit" disabled={!mayChange}>
        {t.save}
      </button>
      {!mayChange && <span class="small muted">{t.readOnly}</span>}
      {state.isSaved && <span role="status">{t.saved}</span>}
      {state.error !== undefined && <ErrorPanel error={state.error} />}
    </form>
  )
}

/** `Hot accounts` → hot-accounts; ids are letters, digits and a few signs. */
export const idOf = (name: string): string =>
  name
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 100) || 'segment'

function parsed(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}
