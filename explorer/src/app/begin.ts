/** The first thing: a code from the link that the terminal printed, else the session that the browser still has. */
import type { Session } from '@touchline/schemas/api'
import { forgetAnswers, get, send } from '../api/client.js'
import { ApiError } from '../api/errors.js'
import { signedIn, signedOut } from '../api/session.js'
import { createStore, useStore } from '../store.js'
import { navigate } from '../url/url.js'
import { safePath } from '../url/safe-path.js'

const codeError = createStore<unknown>(undefined)
export const useCodeError = () => useStore(codeError)

const begun = createStore<unknown>(undefined)
/** Why the session could not be asked for, where that failed. */
export const useBeginError = () => useStore(begun)

export async function begin(): Promise<void> {
  begun.set(undefined)
  const fragment = new URLSearchParams(location.hash.slice(1))
  const code = fragment.get('code')
  if (code !== null) {
    // Gone from the address and the history before anything is asked.
    navigateAway(safePath(fragment.get('to')) ?? location.pathname + location.search)
    try {
      await signIn({ code })
      return
    } catch (error) {
      codeError.set(error)
    }
  }
  await get<Session>('/ui/session').then(signedIn, (error: unknown) => {
    if (error instanceof ApiError && error.status === 401) signedOut()
    else begun.set(error)
  })
}

// A new link pasted into a tab that is open.
addEventListener('hashchange', () => location.hash.includes('code=') && void begin())

export async function signIn(how: { code: string } | { key: string }): Promise<void> {
  const session = await send<Session>('/ui/session', { method: 'POST', body: how, isSignIn: true })
  forgetAnswers()
  codeError.set(undefined)
  signedIn(session)
}

export async function signOut(): Promise<void> {
  await send('/ui/session', { method: 'DELETE', isSignIn: true })
  forgetAnswers()
  signedOut()
}

function navigateAway(href: string): void {
  history.replaceState(null, '', location.pathname + location.search)
  navigate(href, { replace: true })
}
