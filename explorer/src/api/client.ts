/** Asks the server: JSON there and back, ETags, one kind of error. Sessions are a cookie, which browsers send by themselves. */
import { createStore } from '../store.js'
import { isGone, serverAnswered, serverIsGone } from './connection.js'
import { ApiError, isServerGone, isSessionEnded } from './errors.js'
import { parseExact } from './exact-json.js'
import { sessionEnded } from './session.js'

/** A path to GET, with the type of what it answers. */
export type Endpoint<Answer> = string & { readonly answers?: Answer }

interface Ask {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  body?: unknown
  signal?: AbortSignal
  headers?: Record<string, string>
  /** Sign-in itself: its 401 is an answer, not the end of a session. */
  isSignIn?: boolean
}

/** How many requests are on their way; the bar at the top shows it. */
export const pending = createStore(0)

/** A write, or a read that is a POST. */
export async function send<Answer>(path: string, ask: Ask): Promise<Answer> {
  const { data } = await request<Answer>(path, ask)
  return data
}

const kept = new Map<string, { etag: string; data: unknown }>()
const mostKept = 60

/** A GET; an answer that did not change since is not sent again. */
export async function get<Answer>(path: Endpoint<Answer>, signal?: AbortSignal): Promise<Answer> {
  const known = kept.get(path)
  const answer = await request<Answer>(path, {
    ...(signal === undefined ? {} : { signal }),
    ...(known === undefined ? {} : { headers: { 'if-none-match': known.etag } }),
  })
  if (answer.status === 304 && known !== undefined) return known.data as Answer
  kept.delete(path)
  if (answer.etag !== null) kept.set(path, { etag: answer.etag, data: answer.data })
  for (const oldest of kept.keys()) {
    if (kept.size <= mostKept) break
    kept.delete(oldest)
  }
  return answer.data
}

/** Nothing of one session is shown in another. */
export const forgetAnswers = (): void => kept.clear()

async function request<Answer>(path: string, ask: Ask) {
  pending.set(pending.get() + 1)
  try {
    const answer = await answered(path, ask)
    const data = (await bodyOf(answer)) as Answer
    if (!answer.ok && answer.status !== 304) throw errorOf(answer, data)
    if (isGone()) serverAnswered()
    return { status: answer.status, etag: answer.headers.get('etag'), data }
  } catch (error) {
    if (isServerGone(error)) serverIsGone()
    if (isSessionEnded(error) && !ask.isSignIn) sessionEnded()
    throw error
  } finally {
    pending.set(pending.get() - 1)
  }
}

async function answered(path: string, { method = 'GET', body, signal, headers }: Ask): Promise<Response> {
  try {
    return await fetch(path, {
      method,
      credentials: 'same-origin',
      ...(signal === undefined ? {} : { signal }),
      headers: {
        accept: 'application/json',
        ...(method === 'GET' ? {} : { 'x-touchline-explorer': '1' }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause
    throw new ApiError('The server does not answer.', { status: 0, code: 'SERVER_GONE', cause })
  }
}

async function bodyOf(answer: Response): Promise<unknown> {
  if (answer.status === 204 || answer.status === 304) return undefined
  const text = await answer.text()
  try {
    return parseExact(text)
  } catch {
    return { message: text.slice(0, 500) }
  }
}

function errorOf(answer: Response, body: unknown): ApiError {
  const { code, message, requestId } = (body ?? {}) as Record<string, unknown>
  return new ApiError(typeof message === 'string' && message !== '' ? message : answer.statusText, {
    status: answer.status,
    code: typeof code === 'string' ? code : `HTTP_${answer.status}`,
    requestId: typeof requestId === 'string' ? requestId : (answer.headers.get('x-request-id') ?? undefined),
  })
}
