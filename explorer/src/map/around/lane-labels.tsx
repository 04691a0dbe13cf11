import { useLayoutEffect, useRef } from 'preact/hooks'
import { displayText } from '../../parts/text.js'
import { Link } from '../../url/link.js'
import { hrefOf, setQuery, setQueryList, currentUrl } from '../../url/url.js'
import type { Lane } from '../journey/lanes.js'
import type { Tell } from '../tell.js'

const leastHeight = 16

interface LaneLabelsProps {
  lanes: readonly Lane[]
  top: number
  tell: Tell
  /** Lane that the keys stand on. */
  current: number | undefined
}

/** Left of the lanes, each as high as its lane; lanes of a few pixels have no room and are told on the hover card. */
export function LaneLabels({ lanes, top, tell, current }: LaneLabelsProps) {
  const list = useRef<HTMLUListElement>(null)
  useLayoutEffect(() => {
    if (list.current === null) return
    list.current.style.paddingTop = `${top}px`
    for (const [index, lane] of lanes.entries()) {
      const item = list.current.children[index]
      if (item instanceof HTMLElement) item.style.height = `${lane.height}px`
    }
  }, [lanes, top])
  return (
    <ul class="lanes" ref={list}>
      {lanes.map((lane, index) => (
        <li key={`${lane.kind} ${lane.id}`} class={index === current ? 'lane is-current' : 'lane'}>
          {lane.height >= leastHeight && <LaneLabel lane={lane} tell={tell} />}
        </li>
      ))}
    </ul>
  )
}

function LaneLabel({ lane, tell: { t, formats } }: { lane: Lane; tell: Tell }) {
  const count = <span class="lane__count">{formats.number(lane.touches)}</span>
  if (lane.kind === 'person')
    return (
      <>
        <Link class="cut lane__name" href={hrefOf(`/people/${encodeURIComponent(lane.id)}`)}>
          <bdi>{displayText(lane.name, 80)}</bdi>
          {lane.title !== '' && <span class="muted"> · {displayText(lane.title, 60)}</span>}
        </Link>
        {count}
      </>
    )
  const people = formats.number(lane.people.length)
  const toggle = () => {
    if (lane.kind === 'others') setQuery({ all: '1' }, { push: true })
    else {
      const open = currentUrl().query.getAll('open')
      setQueryList('open', lane.isOpen ? open.filter((one) => one !== lane.id) : [...open, lane.id])
    }
  }
  return (
    <>
      <button
        type="button"
        class="plain cut lane__name"
        aria-expanded={lane.isOpen ?? false}
        onClick={toggle}
      >
        <span aria-hidden="true">{lane.isOpen ? '▾' : '▸'}</span>{' '}
        {lane.kind === 'others' ? t.others(people) : `${displayText(lane.name, 60) || t.noGroup} (${people})`}
      </button>
      {count}
    </>
  )
}
