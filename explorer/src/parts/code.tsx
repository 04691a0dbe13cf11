import { useState } from 'preact/hooks'
import { useWords } from '../i18n/dictionary.js'
import { words } from './words.js'

/** Lines to be copied. Where the clipboard is closed (no https), they are selected instead. */
export function Code({ text, label }: { text: string; label: string }) {
  const t = useWords(words)
  const [isCopied, setIsCopied] = useState(false)
  const copy = async (button: HTMLButtonElement) => {
    try {
      await navigator.clipboard.writeText(text)
      setIsCopied(true)
    } catch {
      const lines = button.parentElement?.querySelector('pre')
      if (lines) getSelection()?.selectAllChildren(lines)
    }
  }
  return (
    <div class="code">
      <pre tabIndex={0} aria-label={label}>
        {text}
      </pre>
      <button type="button" onClick={(event) => void copy(event.currentTarget)}>
        {isCopied ? t.copied : t.copy}
      </button>
    </div>
  )
}
