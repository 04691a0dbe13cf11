import type { ComponentChildren, JSX } from 'preact'
import { navigate } from './url.js'

interface LinkProps extends Omit<JSX.IntrinsicElements['a'], 'href'> {
  href: string
  children?: ComponentChildren
}

/** A link inside the Explorer; opened in another tab it is a plain link. */
export function Link({ href, onClick, ...rest }: LinkProps) {
  return (
    <a
      {...rest}
      href={href}
      onClick={(event) => {
        onClick?.(event)
        const isPlain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
        if (event.defaultPrevented || !isPlain) return
        event.preventDefault()
        navigate(href)
      }}
    />
  )
}
