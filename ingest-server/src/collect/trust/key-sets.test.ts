import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { openKeySets, type OpenedKeySets } from './key-sets.js'

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }
let server: Server | undefined
let keySets: OpenedKeySets | undefined
afterEach(() => {
  keySets?.close()
  server?.close()
})

async function serve(answer: () => string): Promise<string> {
  server = createServer((_request, response) => response.end(answer())).listen(0, '127.0.0.1')
  await vi.waitUntil(() => server?.listening)
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`
}

test('a followed set is read in the background, and invented key ids do not make it be asked again', async () => {
  let asked = 0
  const url = await serve(() => {
    asked += 1
    return JSON.stringify({ keys: [{ kty: 'EC', kid: `k${asked}` }] })
  })
  keySets = openKeySets(silent)
  expect(keySets.get(url)).toBeUndefined()
  keySets.follow([url])
  await vi.waitUntil(() => keySets?.get(url) !== undefined)
  expect(keySets.get(url)).toMatchObject({ keys: [{ kid: 'k1' }] })
  expect(keySets.refresh(url)).toBe(false)
  expect(asked).toBe(1)
  keySets.follow([])
  expect(keySets.get(url)).toBeUndefined()
})

test.each(['nonsense', '{"keys":7}', `{"keys":[],"x":"${'x'.repeat(300_000)}"}`])(
  'a set that is no set is not taken',
  async (body) => {
    let asked = 0
    const url = await serve(() => {
      asked += 1
      return body
    })
    const warned: object[] = []
    keySets = openKeySets({ ...silent, warn: (fields) => void warned.push(fields) })
    keySets.follow([url])
    await vi.waitUntil(() => warned.length > 0)
    expect(asked).toBe(1)
    expect(keySets.get(url)).toBeUndefined()
  },
)
