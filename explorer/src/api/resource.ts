/** An answer of the API as a value of a component: what was there before stays until the new one has come. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { get, type Endpoint } from './client.js'
import { useReturns } from './connection.js'
import { isPassing, isServerGone, isSessionEnded } from './errors.js'

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
  question: string | null
  data: Answer | undefined
  error: unknown
  isLoading: boolean
}

/** `everyMs` asks again and again, while the page can be seen. null asks nothing. */
export const useResource = <Answer>(
  endpoint: Endpoint<Answer> | null,
  how: { everyMs?: number } = {},
): Resource<Answer> => useAnswer(endpoint, (signal) => get(endpoint as Endpoint<Answer>, signal), how)

/** As `useResource`, for an answer that is put together from several: asked anew whenever `question` is another text. */
export function useAnswer<Answer>(
  question: string | null,
  ask: (signal: AbortSignal) => Promise<Answer>,
  { everyMs }: { everyMs?: number } = {},
): Resource<Answer> {
  const [state, setState] = useState<State<Answer>>({
    question: null,
    data: undefined,
    error: undefined,
    isLoading: question !== null,
  })
  const [asked, setAsked] = useState(0)
  const returns = useReturns()
  const reload = useCallback(() => setAsked((times) => times + 1), [])
  useEffect(() => {
    if (question === null) return
    const abort = new AbortController()
    setState((before) => ({ ...before, isLoading: true }))
    ask(abort.signal).then(
      (data) => setState({ question, data, error: undefined, isLoading: false }),
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
  }, [question, asked, returns])
  useAgain(state, reload)
  useEvery(everyMs, reload)
  return { ...state, isOld: state.data !== undefined && state.question !== question, reload }
}

const firstAgainMs = 2_000
const mostAgainMs = 15_000

/** What the server cannot answer at the moment is asked again until it can, without anybody's doing: it begins, or ClickHouse is away. */
function useAgain({ error, isLoading }: State<unknown>, reload: () => void): void {
  const times = useRef(0)
  useEffect(() => {
    if (isLoading) return
    if (!isPassing(error)) {
      times.current = 0
      return
    }
    const timer = setTimeout(reload, Math.min(firstAgainMs * 1.5 ** times.current++, mostAgainMs))
    return () => clearTimeout(timer)
  }, [error, isLoading])
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
