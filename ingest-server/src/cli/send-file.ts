/** Sends a file to the running server as it is read, and gives what the server answers at its end. */
import { createReadStream } from 'node:fs'
import { request } from 'node:http'
import type { ImportRunAnswer } from '@touchline/schemas/api'
import type { Config } from '../config.js'
import { secretKeyOf, serverUrl } from './open-parts.js'

interface Sending {
  file: string
  key: string | undefined
  onSent: (bytes: number) => void
}

/** Not by fetch: its time limits are made for answers that come at once. */
export async function sendFile(
  config: Config,
  path: string,
  { file, key, onSent }: Sending,
): Promise<ImportRunAnswer> {
  const authorization = `Bearer ${await secretKeyOf(config, key)}`
  const { status, text } = await new Promise<{ status: number; text: string }>((resolve, reject) => {
    const sending = request(`${serverUrl(config)}${path}`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/octet-stream' },
    })
    let isAnswered = false
    const source = createReadStream(file, { highWaterMark: 256 * 1024 })
    sending.on('response', (answer) => {
      isAnswered = true
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('end', () => {
        source.destroy()
        resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') })
        sending.destroy()
      })
      answer.on('error', reject)
    })
    sending.on('error', (cause) => {
      if (isAnswered) return
      source.destroy()
      reject(broken(config, cause))
    })
    source.on('data', (chunk) => onSent(chunk.length))
    source.on('error', (cause) => {
      sending.destroy()
      reject(cause)
    })
    source.pipe(sending)
  })
  const answer = JSON.parse(text) as ImportRunAnswer & { message?: string }
  if (status !== 200) throw new Error(`the server answers ${status}: ${answer.message ?? ''}`)
  return answer
}

function broken(config: Config, cause: Error & { code?: string }): Error {
  return cause.code === 'ECONNREFUSED'
    ? new Error(`no server answers at ${serverUrl(config)}; start it, or set HOST and PORT.`, { cause })
    : new Error(
        `the connection to the server broke (${cause.message}). The same command again goes on where it stopped.`,
        { cause },
      )
}
