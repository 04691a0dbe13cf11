/** Events as they arrive. What comes is kept aside and drawn ten times a second at most, so that a burst costs frames nothing. */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { LiveChange, LiveCount, LiveRow, Session } from '@touchline/schemas/api'
import { get } from '../../api/client.js'
import { endpoint, pathOf } from '../../api/endpoints.js'
import { serverIsGone } from '../../api/connection.js'
import { withChanges, withRows } from './rows.js'

const drawEveryMs = 100

export interface Live {
  count: LiveCount | undefined
  rows: readonly LiveRow[]
  isOpen: boolean
  /** The last failure of the connection; it comes back by itself. */
  hasFailed: boolean
}

const nothing: Live = { count: undefined, rows: [], isOpen: false, hasFailed: false }

/** `id` filters on the server. While paused the counts go on and the rows stand still; what came is there afterwards. */
export function useLive(id: string | null, isPaused: boolean): Live & { held: number } {
  const [live, setLive] = useState<Live>(nothing)
  const latest = useRef<Live>(nothing)
  const paused = useRef(isPaused)
  paused.current = isPaused
  useEffect(() => {
    latest.current = nothing
    setLive(nothing)
    return listen(pathOf('/v1/live', { id }), (update) => {
      latest.current = update(latest.current)
    })
  }, [id])
  useEffect(() => {
    const draw = () => {
      const { rows, ...rest } = latest.current
      setLive((shown) => {
        const next = { ...rest, rows: paused.current ? shown.rows : rows }
        return sameLive(shown, next) ? shown : next
      })
    }
    draw()
    const timer = setInterval(draw, drawEveryMs)
    return () => clearInterval(timer)
  }, [id, isPaused])
  const newest = live.rows[0]?.seq ?? -1
  return { ...live, held: isPaused ? latest.current.rows.filter(({ seq }) => seq > newest).length : 0 }
}

function sameLive(a: Live, b: Live): boolean {
  return a.rows === b.rows && a.count === b.count && a.isOpen === b.isOpen && a.hasFailed === b.hasFailed
}

function listen(path: string, change: (update: (live: Live) => Live) => void): () => void {
  const source = new EventSource(path)
  const on = <Data>(name: string, update: (live: Live, data: Data) => Live) =>
    source.addEventListener(name, ({ data }: MessageEvent<string>) => {
      const value = JSON.parse(data) as Data
      change((live) => update(live, value))
    })
  on<LiveCount>('count', (live, count) => ({ ...live, count }))
  on<LiveRow>('row', (live, row) => ({ ...live, rows: withRows(live.rows, [row]) }))
  on<LiveChange>('state', (live, one) => ({ ...live, rows: withChanges(live.rows, [one]) }))
  source.onopen = () => change((live) => ({ ...live, isOpen: true, hasFailed: false }))
  source.onerror = () => {
    change((live) => ({ ...live, isOpen: false, hasFailed: true }))
    // The browser tries again by itself unless it was refused: then the session may have ended, and asking for it says so.
    if (source.readyState === EventSource.CLOSED)
      void get(endpoint<Session>('/ui/session')).catch(() => undefined)
    else serverIsGone()
  }
  return () => source.close()
}
