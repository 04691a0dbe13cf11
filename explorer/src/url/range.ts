/** The range of a view, in the address. */
import { useMemo } from 'preact/hooks'
import { rangeNamed, type Range, type RangeName } from './days.js'
import { setQuery, useUrl } from './url.js'
import { useZone } from './zone.js'

export { dayOf, startOf, startOfMonth, type Range, type RangeName } from './days.js'

/** The range of the address, else what is usual on this screen. */
export function useRange(
  usual: RangeName = '90d',
): Range & { isUsual: boolean; set: (name: RangeName) => void } {
  const asked = useUrl().query.get('range')
  const { zone } = useZone()
  return useMemo(() => {
    // To the minute, so that a question asked twice is the same question.
    const now = Math.floor(Date.now() / 60_000) * 60_000
    const named = rangeNamed(asked, zone, now)
    const range = named ?? rangeNamed(usual, zone, now) ?? { name: 'all', from: null, to: null }
    return {
      ...range,
      isUsual: named === undefined,
      set: (name) => setQuery({ range: name }, { push: true }),
    }
  }, [asked, zone, usual])
}

/** For a question to the API; leaves out what has no bound. */
export function rangeParameters({ from, to }: Range): Record<string, string> {
  return {
    ...(from === null ? {} : { from: new Date(from).toISOString() }),
    ...(to === null ? {} : { to: new Date(to).toISOString() }),
  }
}
