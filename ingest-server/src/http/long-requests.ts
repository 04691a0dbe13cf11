/**
 * Requests whose body takes longer than any event does: a file that is imported. Node ends every request whose body is
 * not there in time; for these it only says so, and is not heard.
 */
import type { FastifyRequest } from 'fastify'
import type { Socket } from 'node:net'

const long = new WeakSet<object>()

/** Longer than a log may be full or a broker away; a client that is gone without a word is held no longer. */
const silentForMs = 900_000

/** The body of this request may take as long as it goes on coming. */
export function mayTakeLong({ raw }: FastifyRequest): void {
  long.add(raw.socket)
  raw.socket.setTimeout(silentForMs)
}

export function endLongRequest({ raw }: FastifyRequest): void {
  long.delete(raw.socket)
}

interface ClientError extends Error {
  code?: string
}

const answers: Readonly<Record<string, { status: string; message: string }>> = {
  ERR_HTTP_REQUEST_TIMEOUT: { status: '408 Request Timeout', message: 'Client Timeout' },
  HPE_HEADER_OVERFLOW: {
    status: '431 Request Header Fields Too Large',
    message: 'Exceeded maximum allowed HTTP header size',
  },
}
const unreadable = { status: '400 Bad Request', message: 'Client Error' }

/** Fastify's own answer to a connection that goes wrong before there is a request, but for long requests. */
export function answerClientError(error: ClientError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && long.has(socket)) return
  const { status, message } = answers[error.code ?? ''] ?? unreadable
  const [code = '', ...words] = status.split(' ')
  const body = JSON.stringify({ error: words.join(' '), message, statusCode: Number(code) })
  if (socket.writable)
    socket.write(
      `HTTP/1.1 ${status}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nContent-Type: application/json\r\n\r\n${body}`,
    )
  socket.destroy(error)
}
