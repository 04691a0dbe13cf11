import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { Meta } from '@touchline/schemas/api'
import { useWords } from '../i18n/dictionary.js'
import { displayText } from '../parts/text.js'
import { setQuery } from '../url/url.js'
import type { ListQuery } from './query.js'
import { words } from './words.js'

const askAfterMs = 150

/** One row of filters; each is in the address at once, what is typed when the typing rests. */
export function Filters(props: { meta: Meta | undefined; query: ListQuery; children?: ComponentChildren }) {
  const t = useWords(words)
  const { meta, query } = props
  return (
    <div class="bar" role="search">
      <Find value={query.q ?? ''} />
      <Choice
        name="stage"
        label={t.stage}
        any={t.anyStage}
        value={query.stage}
        options={meta?.stages ?? []}
      />
      <Choice
        name="segment"
        label={t.segment}
        any={t.anySegment}
        value={query.segment}
        options={meta?.segments ?? []}
      />
      <Choice
        name="channel"
        label={t.channel}
        any={t.anyChannel}
        value={query.channel}
        options={(meta?.channels ?? []).map((name) => ({ id: name, name }))}
      />
      {props.children}
    </div>
  )
}

function Find({ value }: { value: string }) {
  const t = useWords(words)
  const [text, setText] = useState(value)
  useEffect(() => setText(value), [value])
  useEffect(() => {
    if (text.trim() === value) return
    const timer = setTimeout(() => setQuery({ q: text.trim() || null }), askAfterMs)
    return () => clearTimeout(timer)
  }, [text, value])
  return (
    <input
      type="search"
      aria-label={t.find}
      placeholder={t.find}
      value={text}
      onInput={(event) => setText(event.currentTarget.value)}
    />
  )
}

interface ChoiceProps {
  name: string
  label: string
  any: string
  value: string | null
  options: readonly { id: string; name: string }[]
}
/** What the address says stays a choice, though the server no longer knows it. */
function Choice({ name, label, any, value, options }: ChoiceProps) {
  if (options.length === 0 && value === null) return null
  const isUnknown = value !== null && !options.some(({ id }) => id === value)
  return (
    <select
      aria-label={label}
      value={value ?? ''}
      onChange={(event) => setQuery({ [name]: event.currentTarget.value || null }, { push: true })}
    >
      <option value="">{any}</option>
      {isUnknown && <option value={value}>{displayText(value, 40)}</option>}
      {options.map((option) => (
        <option key={option.id} value={option.id}>
          {displayText(option.name, 40)}
        </option>
      ))}
    </select>
  )
}
