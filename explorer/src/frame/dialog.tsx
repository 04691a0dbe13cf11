import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

/** A modal dialog of the browser's own: it keeps the focus in, gives it back, and closes on Escape or beside it. */
export function Dialog(props: {
  label: string
  class?: string
  close: () => void
  children: ComponentChildren
}) {
  const dialog = useRef<HTMLDialogElement>(null)
  const isGone = useRef(false)
  const { close } = props
  useEffect(() => {
    const element = dialog.current
    const before = document.activeElement
    element?.showModal()
    return () => {
      isGone.current = true
      element?.close()
      if (before instanceof HTMLElement) before.focus()
    }
  }, [])
  return (
    <dialog
      ref={dialog}
      class={props.class}
      aria-label={props.label}
      // It is told a moment later, when another dialog may be open already.
      onClose={() => isGone.current || close()}
      onClick={(event) => event.target === dialog.current && close()}
    >
      {props.children}
    </dialog>
  )
}
