/** Who is signed in: a project and a role. undefined: not asked yet; null: nobody, so the sign-in page stands there. */
import type { Session } from '@touchline/schemas/api'
import { createStore, useStore } from '../store.js'

const store = createStore<Session | null | undefined>(undefined)
const ended = createStore(false)

export const useSessionState = () => useStore(store)
export const useSession = () => useStore(store) ?? undefined
/** True where a session was there and is no more: the sign-in page says so, and the address stays. */
export const useHasEnded = () => useStore(ended)

export function signedIn(session: Session): void {
  ended.set(false)
  store.set(session)
}

export function sessionEnded(): void {
  if (store.get()) ended.set(true)
  store.set(null)
}

export function signedOut(): void {
  ended.set(false)
  store.set(null)
}
