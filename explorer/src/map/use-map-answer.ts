/**
 * The answer for the window: a journey too large to send touch by touch comes in columns, and each touch of a stretch once
 * somebody looks at that stretch. People and lanes stay those of the whole journey.
 */
import { useMemo } from 'preact/hooks'
import type { JourneyMap } from '@touchline/schemas/api'
import type { Endpoint } from '../api/client.js'
import { useResource, type Resource } from '../api/resource.js'
import { useUrl } from '../url/url.js'
import { windowNamed } from './window.js'

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

/** Touches of the stretch by the people of the whole; who is in none of its lanes is not drawn. */
export function withDetail(whole: JourneyMap, detail: JourneyMap): JourneyMap {
  const indexOf = new Map(whole.people.map(({ id }, index) => [id, index]))
  const mine = detail.people.map(({ id }) => indexOf.get(id))
  const base = {
    ...whole,
    channels: detail.channels,
    kinds: detail.kinds,
    names: detail.names,
  }
  const { touches } = detail
  if (touches === null) return whole
  const kept = touches.person.flatMap((person, at) => (mine[person] === undefined ? [] : [at]))
  let [at, last] = [touches.start0 ?? 0, 0]
  const times = touches.dt.map((delta) => (at += delta))
  const dt = kept.map((one, index) => {
    const time = times[one] ?? 0
    const delta = index === 0 ? 0 : time - last
    last = time
    return delta
  })
  return {
    ...base,
    folded: null,
    touches: {
      person: kept.map((one) => mine[touches.person[one] ?? 0] ?? 0),
      start0: times[kept[0] ?? -1] ?? null,
      dt,
      len: kept.map((one) => touches.len[one] ?? 0),
      ch: kept.map((one) => touches.ch[one] ?? 0),
      kind: kept.map((one) => touches.kind[one] ?? 0),
      name: kept.map((one) => touches.name[one] ?? 0),
      out: kept.map((one) => touches.out[one] ?? 0),
      ...(touches.id === undefined ? {} : { id: kept.map((one) => touches.id?.[one] ?? '') }),
    },
  }
}
