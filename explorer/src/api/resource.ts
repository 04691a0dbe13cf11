/** An answer of the API as a value of a component: what was there before stays until the new one has come. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { get, type Endpoint } from './client.js'
import { useReturns } from './connection.js'
import { isServerGone, isSessionEnded } from './errors.js'

export interface Resource<Answer> {
  /** Of this endpoint, or of the one before while `isOld`. */
  data: Answer | undefined
  /** `data` is of another question than the one asked now; show it dimmed. */
  isOld: boolean
  isLoading: boolean
  error: unknown
  reload: () => void
}

interface State<Answer> {
  endpoint: string | null
  data: Answer | undefined
  error: unknown
  isLoading: boolean
}

/** `everyMs` asks again and again, while the page can be seen. null asks nothing. */
export function useResource<Answer>(
  endpoint: Endpoint<Answer> | null,
  { everyMs }: { everyMs?: number } = {},
): Resource<Answer> {
  const [state, setState] = useState<State<Answer>>({
    endpoint: null,
    data: undefined,
    error: undefined,
    isLoading: endpoint !== null,
  })
  const [asked, setAsked] = useState(0)
  const returns = useReturns()
  const reload = useCallback(() => setAsked((times) => times + 1), [])
  useEffect(() => {
    if (endpoint === null) return
    const abort = new AbortController()
    setState((before) => ({ ...before, isLoading: true }))
    get<Answer>(endpoint, abort.signal).then(
      (data) => setState({ endpoint, data, error: undefined, isLoading: false }),
      (error: unknown) => {
        if (abort.signal.aborted) return
        // A banner or the sign-in page says these; what is on the page stays.
        const isSaidElsewhere = isServerGone(error) || isSessionEnded(error)
        setState((before) => ({
          ...before,
          error: isSaidElsewhere && before.data !== undefined ? before.error : error,
          isLoading: false,
        }))
      },
    )
    return () => abort.abort()
  }, [endpoint, asked, returns])
  useEvery(everyMs, reload)
  return { ...state, isOld: state.data !== undefined && state.endpoint !== endpoint, reload }
}

function useEvery(everyMs: number | undefined, act: () => void): void {
  const latest = useRef(act)
  latest.current = act
  useEffect(() => {
    if (everyMs === undefined) return
    const timer = setInterval(() => document.visibilityState === 'visible' && latest.current(), everyMs)
    return () => clearInterval(timer)
  }, [everyMs])
}
