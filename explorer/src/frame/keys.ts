/**
 * Keys of the page. Single letters can be switched off, never fire while somebody types, and `g` waits for a second
 * letter. Who asked last for a key has it, so that an open drawer takes Escape before what lies under it.
 */
import { useEffect, useRef } from 'preact/hooks'
import { preferences } from '../preferences.js'

type Act = (event: KeyboardEvent) => void
const taken = new Map<string, Act[]>()
const secondLetterWithinMs = 1_500
let isGoing = false
let goingEnds: ReturnType<typeof setTimeout> | undefined

/** `t`, `Escape`, `[`, `g a`, `mod+k` (⌘ or ctrl). undefined: not now. */
export function useKey(key: string, act: Act | undefined): void {
  const latest = useRef(act)
  latest.current = act
  const isOn = act !== undefined
  useEffect(() => {
    if (!isOn) return
    const run: Act = (event) => latest.current?.(event)
    const all = taken.get(key) ?? []
    taken.set(key, all)
    all.push(run)
    return () => void all.splice(all.indexOf(run), 1)
  }, [key, isOn])
}

export function listenToKeys(): void {
  addEventListener('keydown', (event) => {
    const key = nameOf(event)
    if (key === undefined) return
    if (key === 'g' && hasGoing()) {
      wait()
      return
    }
    const act = taken.get(key)?.at(-1)
    if (act === undefined) return
    event.preventDefault()
    act(event)
  })
}

const hasGoing = () => [...taken.keys()].some((key) => key.startsWith('g '))

function wait(): void {
  isGoing = true
  clearTimeout(goingEnds)
  goingEnds = setTimeout(() => (isGoing = false), secondLetterWithinMs)
}

function nameOf(event: KeyboardEvent): string | undefined {
  if (event.isComposing || event.altKey || event.defaultPrevented) return undefined
  const { key } = event
  if (event.metaKey || event.ctrlKey) return `mod+${key.toLowerCase()}`
  if (key.length > 1) return isTyping(event.target) && key !== 'Escape' ? undefined : key
  if (isTyping(event.target) || !preferences().letterKeys) return undefined
  const name = isGoing ? `g ${key}` : key
  isGoing = false
  return name
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) &&
    !(target instanceof HTMLInputElement && /^(checkbox|radio|button|range)$/.test(target.type))
  )
}
