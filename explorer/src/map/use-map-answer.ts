/**
 * The answer for the window: a journey too large to send touch by touch comes in columns, and each touch of a stretch once
 * somebody looks at that stretch. People and lanes stay those of the whole journey.
 */
import { useMemo } from 'preact/hooks'
import type { JourneyMap } from '@touchline/schemas/api'
import type { Endpoint } from '../api/client.js'
import { useResource, type Resource } from '../api/resource.js'
import { useUrl } from '../url/url.js'
import { withDetail } from './journey/detail.js'
import { windowNamed } from './journey/window.js'

/** A stretch is asked for by parts of the whole as large as the window or up to twice it, so that moving a little asks nothing. */
export function useMapAnswer(
  whole: Resource<JourneyMap>,
  endpointOf: (window: { from: string; to: string }) => Endpoint<JourneyMap>,
): Resource<JourneyMap> {
  const named = useUrl().query.get('w')
  const stretch = useMemo(() => {
    const { data } = whole
    return data?.folded && named !== null ? stretchOf(data, named) : undefined
  }, [whole.data, named])
  const detail = useResource<JourneyMap>(
    stretch === undefined
      ? null
      : endpointOf({ from: new Date(stretch.from).toISOString(), to: new Date(stretch.to).toISOString() }),
  )
  const isWanted = stretch !== undefined && !detail.isOld && detail.data !== undefined
  const data = useMemo(
    () => (isWanted && whole.data && detail.data ? withDetail(whole.data, detail.data) : whole.data),
    [whole.data, detail.data, isWanted],
  )
  return { ...whole, data }
}

function stretchOf({ from, to }: JourneyMap, named: string): { from: number; to: number } | undefined {
  const window = windowNamed(named, { from, to })
  const length = window.to - window.from
  const parts = 2 ** Math.floor(Math.log2((to - from) / length))
  if (parts < 2) return undefined
  const part = (to - from) / parts
  const first = Math.floor((window.from - from) / part)
  return { from: from + first * part, to: Math.min(to, from + (first + 2) * part) }
}
