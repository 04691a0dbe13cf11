import { useEffect, useRef, useState } from 'preact/hooks'
import { ApiError } from '../api/errors.js'
import { useHasEnded, useSessionState } from '../api/session.js'
import { useWords } from '../i18n/dictionary.js'
import { safePath } from '../url/safe-path.js'
import { navigate, useUrl } from '../url/url.js'
import { signIn, useCodeError } from './begin.js'
import { useReady } from '../frame/ready.js'
import { words } from '../frame/words.js'

/** Stands at the address that was wanted, so that signing in is being back there. */
export function SignIn() {
  const t = useWords(words)
  const hasEnded = useHasEnded()
  const codeError = useCodeError()
  const [key, setKey] = useState('')
  const [error, setError] = useState<unknown>()
  const [isWaiting, setIsWaiting] = useState(false)
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => input.current?.focus(), [])
  useReady(true)
  useLeave()
  useEffect(() => {
    document.title = `${t['signIn.title']} · Touchline`
  }, [t])
  const submit = async (event: Event) => {
    event.preventDefault()
    setIsWaiting(true)
    setError(undefined)
    await signIn({ key: key.trim() }).catch(setError)
    setIsWaiting(false)
  }
  return (
    <main id="main" class="sign-in" data-screen="signin" data-ready="">
      <h1>Touchline</h1>
      {hasEnded && <p class="banner banner--warning">{t['signIn.ended']}</p>}
      {codeError !== undefined && error === undefined && (
        <p class="banner banner--error" role="alert">
          {wordOf(codeError, t, t['signIn.codeWrong'])}
        </p>
      )}
      <form onSubmit={(event) => void submit(event)}>
        <p>{t['signIn.how']}</p>
        <label for="key">{t['signIn.key']}</label>
        <input
          id="key"
          type="password"
          autocomplete="current-password"
          spellcheck={false}
          required
          ref={input}
          value={key}
          onInput={(event) => setKey(event.currentTarget.value)}
          aria-invalid={error !== undefined}
          aria-describedby={error === undefined ? undefined : 'key-error'}
        />
        {error !== undefined && (
          <p id="key-error" class="wrong" role="alert">
            {wordOf(error, t, t['signIn.keyWrong'])}
          </p>
        )}
        <button type="submit" class="primary" disabled={isWaiting}>
          {isWaiting ? t['signIn.doing'] : t['signIn.do']}
        </button>
      </form>
    </main>
  )
}

/** `/signin?to=/accounts/acme`: once somebody is signed in, there. */
function useLeave(): void {
  const session = useSessionState()
  const { path, query } = useUrl()
  useEffect(() => {
    if (session && path === '/signin') navigate(safePath(query.get('to')) ?? '/', { replace: true })
  }, [session, path, query])
}

function wordOf(error: unknown, t: { 'signIn.tooMany': string }, otherwise: string): string {
  if (!(error instanceof ApiError)) return String(error)
  if (error.status === 429) return t['signIn.tooMany']
  return error.status === 401 ? otherwise : error.message
}
