/** Sends a file to the running server as it is read, and gives what the server answers at its end. */
import { createReadStream } from 'node:fs'
import { request } from 'node:http'
import type { ImportRunAnswer } from '@touchline/schemas/api'
import type { Config } from '../../config.js'
import { secretKeyOf, serverUrl } from '../open-parts.js'

interface Sending {
  file: string
  key: string | undefined
  onSent: (bytes: number) => void
}

/** Once more where the server finds only at the end that it is another file than it had by this name. */
export async function sendFile(
  config: Config,
  path: string,
  sending: Sending & { onAgain: () => void },
): Promise<ImportRunAnswer> {
  for (let attempt = 1; ; attempt += 1) {
    const { status, answer } = await sendOnce(config, path, sending)
    if (status === 200) return answer
    if (answer.code !== 'IMPORT_CHANGED' || attempt > 1)
      throw new Error(`the server answers ${status}: ${answer.message ?? ''}`)
    sending.onAgain()
  }
}

/** Not by fetch: its time limits are made for answers that come at once. */
async function sendOnce(
  config: Config,
  path: string,
  { file, key, onSent }: Sending,
): Promise<{ status: number; answer: ImportRunAnswer & { code?: string; message?: string } }> {
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
  return { status, answer: JSON.parse(text) as ImportRunAnswer }
}

function broken(config: Config, cause: Error & { code?: string }): Error {
  return cause.code === 'ECONNREFUSED'
    ? new Error(`no server answers at ${serverUrl(config)}; start it, or set HOST and PORT.`, { cause })
    : new Error(
        `the connection to the server broke (${cause.message}). The same command again goes on where it stopped.`,
        { cause },
      )
}
