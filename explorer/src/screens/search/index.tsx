import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { get } from '../../api/client.js'
import { endpoints, type Searched } from '../../api/endpoints.js'
import { useWords } from '../../i18n/dictionary.js'
import { displayText } from '../../parts/text.js'
import { hrefOf, navigate } from '../../url/url.js'
import { hitOf, screensFor, type Hit } from './hits.js'
import type { SearchProps } from '../screen.js'
import { words } from './words.js'
import './search.css'

const askAfterMs = 40
const most = 12

/** S2: a few letters, and there. What was found stays until the next answer has come. */
export default function Search({ screens, close }: SearchProps) {
  const t = useWords(words)
  const id = useId()
  const [text, setText] = useState('')
  const found = useFound(text.trim())
  const hits = [...found.hits, ...screensFor(text, screens)]
  const { chosen, choose, step } = useChosen(hits)
  const open = (hit: Hit | undefined) => {
    if (hit === undefined) return
    navigate(hrefOf(hit.path, hit.query))
    close()
  }
  const openSoon = useOnceFresh(found.of !== text.trim(), () => open(hits[chosen]))
  const keys = (event: KeyboardEvent) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (by !== undefined) step(by)
    else if (event.key === 'Enter' && !event.isComposing) openSoon()
    else return
    event.preventDefault()
  }
  return (
    <div class="search-box">
      <Field
        id={id}
        text={text}
        chosen={hits.length > 0 ? chosen : undefined}
        type={(typed) => {
          setText(typed)
          choose(undefined)
        }}
        keys={keys}
      />
      {found.hasFailed && <p class="small muted">{t.failed}</p>}
      <ul id={`${id}-list`} role="listbox" aria-label={t.results} data-found={found.of}>
        {hits.map((hit, index) => (
          <Option
            key={`${hit.type} ${hit.path} ${index}`}
            id={`${id}-${index}`}
            hit={hit}
            isChosen={index === chosen}
            choose={() => choose(hit)}
            open={() => open(hit)}
          />
        ))}
      </ul>
      {hits.length === 0 && found.of === text.trim() && (
        <p class="said">
          {t.nothing(displayText(text.trim(), 60))} <span class="muted">{t.nothingHint}</span>
        </p>
      )}
      <p class="muted small search-keys">{t.keys}</p>
    </div>
  )
}

/** By what it is, for a later answer may have it in another place; the first where nothing was chosen. */
function useChosen(hits: readonly Hit[]) {
  const [key, setKey] = useState<string>()
  const placeOf = (one: string | undefined) =>
    Math.max(
      0,
      hits.findIndex((hit) => keyOf(hit) === one),
    )
  const keyAt = (place: number) => {
    const hit = hits[(place + hits.length) % Math.max(1, hits.length)]
    return hit && keyOf(hit)
  }
  return {
    chosen: placeOf(key),
    choose: (hit: Hit | undefined) => setKey(hit && keyOf(hit)),
    /** Of two presses before the next drawing each counts. */
    step: (by: number) => setKey((before) => keyAt(placeOf(before) + by)),
  }
}

const keyOf = ({ type, path, query }: Hit) => JSON.stringify([type, path, query])

/** Who types faster than the server answers means what they typed, not what stands there still. */
function useOnceFresh(isOld: boolean, act: () => void): () => void {
  const [isWanted, setIsWanted] = useState(false)
  useEffect(() => {
    if (!isWanted || isOld) return
    setIsWanted(false)
    act()
  }, [isWanted, isOld])
  return () => setIsWanted(true)
}

interface FieldProps {
  id: string
  text: string
  /** Which of the hits is chosen; undefined: there are none. */
  chosen: number | undefined
  type: (text: string) => void
  keys: (event: KeyboardEvent) => void
}
function Field({ id, text, chosen, type, keys }: FieldProps) {
  const t = useWords(words)
  const field = useRef<HTMLInputElement>(null)
  // The dialog is open before this has come: the browser's own autofocus is over by then.
  useEffect(() => field.current?.focus(), [])
  return (
    <input
      ref={field}
      type="search"
      role="combobox"
      aria-label={t.label}
      aria-expanded={chosen !== undefined}
      aria-controls={`${id}-list`}
      aria-activedescendant={chosen === undefined ? undefined : `${id}-${chosen}`}
      aria-autocomplete="list"
      list={undefined}
      autocomplete="off"
      spellcheck={false}
      maxLength={300}
      placeholder={t.hint}
      value={text}
      onInput={(event) => type(event.currentTarget.value)}
      onKeyDown={keys}
    />
  )
}

interface OptionProps {
  id: string
  hit: Hit
  isChosen: boolean
  choose: () => void
  open: () => void
}
function Option({ id, hit, isChosen, choose, open }: OptionProps) {
  const t = useWords(words)
  return (
    <li id={id} role="option" aria-selected={isChosen} onPointerMove={choose} onClick={open}>
      <span class="search-name cut">{displayText(hit.name, 100)}</span>
      <span class="muted small cut">{displayText(hit.detail, 100)}</span>
      <span class="muted small search-type">{t[`type.${hit.type}`]}</span>
    </li>
  )
}

interface Found {
  /** Of which words these are the hits. */
  of: string
  hits: readonly Hit[]
  hasFailed: boolean
}

function useFound(q: string): Found {
  const [found, setFound] = useState<Found>({ of: '', hits: [], hasFailed: false })
  useEffect(() => {
    if (q === '') {
      setFound({ of: '', hits: [], hasFailed: false })
      return
    }
    const abort = new AbortController()
    const timer = setTimeout(() => {
      get<Searched>(endpoints.search(q, most), abort.signal).then(
        ({ rows }) => setFound({ of: q, hits: rows.map(hitOf), hasFailed: false }),
        () => abort.signal.aborted || setFound({ of: q, hits: [], hasFailed: true }),
      )
    }, askAfterMs)
    return () => {
      clearTimeout(timer)
      abort.abort()
    }
  }, [q])
  return found
}
