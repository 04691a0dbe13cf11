import type { ComponentChildren } from 'preact'
import { navigate } from './url.js'

interface LinkProps {
  href: string
  children?: ComponentChildren
  class?: string | undefined
  title?: string | undefined
  'aria-current'?: 'page' | undefined
  onClick?: (event: MouseEvent) => void
  onPointerEnter?: () => void
}

/** A link inside the Explorer; opened in another tab it is a plain link. */
export function Link({ href, children, onClick, onPointerEnter, ...rest }: LinkProps) {
  const click = (event: MouseEvent) => {
    onClick?.(event)
    const isPlain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
    if (event.defaultPrevented || !isPlain) return
    event.preventDefault()
    navigate(href)
  }
  return (
    <a
      href={href}
      class={rest.class}
      title={rest.title}
      aria-current={rest['aria-current']}
      onClick={click}
      onPointerEnter={() => onPointerEnter?.()}
    >
      {children}
    </a>
  )
}
