import { Link } from '../url/link.js'
import { hrefWith } from '../url/url.js'
import { useCurrentInView } from './current-in-view.js'
import './questions.css'

interface TabsProps {
  label: string
  /** Which part of the address says it; the first tab is the usual one and stands in no address. */
  name: string
  tabs: readonly { id: string; title: string }[]
  now: string
  /** What belongs to a tab and not to the next one. */
  without?: readonly string[]
}

/** Parts of a screen as links, so that each can be sent. */
export function Tabs({ label, name, tabs, now, without = [] }: TabsProps) {
  const dropped = Object.fromEntries(without.map((one) => [one, null]))
  return (
    <nav class="tabs" aria-label={label} ref={useCurrentInView(now)}>
      {tabs.map(({ id, title }, index) => (
        <Link
          key={id}
          href={hrefWith({ ...dropped, [name]: index === 0 ? null : id })}
          aria-current={id === now ? 'page' : undefined}
        >
          {title}
        </Link>
      ))}
    </nav>
  )
}

/** The part that the address names, else the first. */
export const tabOf = <Id extends string>(asked: string | null, ids: readonly [Id, ...Id[]]): Id =>
  ids.find((id) => id === asked) ?? ids[0]
