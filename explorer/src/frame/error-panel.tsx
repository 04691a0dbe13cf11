import { ApiError } from '../api/errors.js'
import { useWords } from '../i18n/dictionary.js'
import { words } from './words.js'

/** What happened, why, and what to do; with the id by which the server's log tells more. */
export function ErrorPanel({ error, retry }: { error: unknown; retry?: () => void }) {
  const t = useWords(words)
  const isOurs = !(error instanceof ApiError)
  return (
    <section class="panel panel--error" role="alert">
      <h2>{t['error.title']}</h2>
      <p class="said">{error instanceof Error ? error.message : String(error)}</p>
      <p>{t[adviceFor(error)]}</p>
      {!isOurs && error.requestId !== undefined && (
        <p class="small muted">
          {t['error.requestId']}: <code>{error.requestId}</code> · <code>{error.code}</code>
        </p>
      )}
      {isOurs ? (
        <button type="button" onClick={() => location.reload()}>
          {t['error.reload']}
        </button>
      ) : (
        retry !== undefined && (
          <button type="button" onClick={retry}>
            {t['error.retry']}
          </button>
        )
      )}
    </section>
  )
}

function adviceFor(error: unknown) {
  if (!(error instanceof ApiError)) return 'error.code'
  const { code, status } = error
  switch (code) {
    case 'SERVER_GONE':
    case 'STORE_UNAVAILABLE':
    case 'NOT_FOUND':
    case 'QUERY_INVALID':
    case 'QUERY_TOO_LARGE':
      return `error.${code}` as const
  }
  if (status === 403) return 'error.403'
  return status === 429 ? 'error.429' : 'error.other'
}
