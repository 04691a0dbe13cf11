/** Of a journey that came in columns, the touches of one stretch. */
import type { JourneyMap } from '@touchline/schemas/api'

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
