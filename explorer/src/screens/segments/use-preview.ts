/** For how many a condition holds, asked again while it is written. */
import { useEffect, useState } from 'preact/hooks'
import { send } from '../../api/client.js'
import type { Preview } from './queries.js'

interface Previewed {
  of: string
  preview: Preview | undefined
  error: unknown
}

/** `body` is what the preview takes; undefined asks nothing. What was known stays until the next answer. */
export function usePreview(body: object | undefined, waitMs = 0): Previewed & { isOld: boolean } {
  const key = body === undefined ? '' : JSON.stringify(body)
  const [state, setState] = useState<Previewed>({ of: '', preview: undefined, error: undefined })
  useEffect(() => {
    if (key === '') return
    const abort = new AbortController()
    const timer = setTimeout(() => {
      send<Preview>('/v1/definitions/preview', {
        method: 'POST',
        body: JSON.parse(key) as object,
        signal: abort.signal,
      }).then(
        (preview) => setState({ of: key, preview, error: undefined }),
        (error: unknown) => abort.signal.aborted || setState((before) => ({ ...before, of: key, error })),
      )
    }, waitMs)
    return () => {
      clearTimeout(timer)
      abort.abort()
    }
  }, [key, waitMs])
  return { ...state, isOld: state.of !== key }
}
