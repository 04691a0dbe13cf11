import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { useKey } from '../frame/keys.js'
import { useWords } from '../i18n/dictionary.js'
import { words } from '../frame/words.js'

/** Beside the picture, not over it: what was chosen stays seen. Escape closes it and gives the focus back. */
export function Drawer(props: {
  title: ComponentChildren
  label: string
  close: () => void
  children: ComponentChildren
}) {
  const t = useWords(words)
  const drawer = useRef<HTMLElement>(null)
  const { close } = props
  useKey('Escape', close)
  useEffect(() => {
    const before = document.activeElement
    drawer.current?.focus()
    return () => void (before instanceof HTMLElement && before.isConnected && before.focus())
  }, [])
  return (
    <aside class="drawer" ref={drawer} tabIndex={-1} aria-label={props.label}>
      <header>
        <h2 class="said">{props.title}</h2>
        <button type="button" class="plain" onClick={close} aria-label={t.close}>
          ✕
        </button>
      </header>
      {props.children}
    </aside>
  )
}
