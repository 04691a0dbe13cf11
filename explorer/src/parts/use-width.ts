import { useLayoutEffect, useState } from 'preact/hooks'

/** How wide an element is, in whole pixels; 0 before it stands on the page. */
export function useWidth(element: { current: HTMLElement | null }): number {
  const [width, setWidth] = useState(0)
  useLayoutEffect(() => {
    if (element.current === null) return
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)))
    observer.observe(element.current)
    setWidth(Math.floor(element.current.clientWidth))
    return () => observer.disconnect()
  }, [element])
  return width
}
