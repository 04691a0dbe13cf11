/** An assistant: the client of the Model Context Protocol's own SDK, connected to a server. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js'
import { cli } from './command.js'

export interface ToolResult {
  isError: boolean
  text: string
  /** What the server says in its own words. */
  said: string
  /** What stands in the quoted block; undefined where there is none. */
  data: Record<string, unknown> | undefined
}

export interface Assistant {
  client: Client
  call(name: string, args?: Record<string, unknown>): Promise<ToolResult>
  close(): Promise<void>
}

/** Rejects where the server does not let it in. */
export const assistantOver = (url: string, key: string): Promise<Assistant> =>
  connected(
    new StreamableHTTPClientTransport(new URL(`${url}/mcp`), {
      requestInit: { headers: { authorization: `Bearer ${key}` } },
    }),
  )

/** By the real command, as an assistant starts it. */
export const assistantBy = (args: readonly string[], env: Record<string, string>): Promise<Assistant> =>
  connected(
    new StdioClientTransport({
      command: process.execPath,
      args: [cli, 'mcp', ...args],
      env: { PATH: process.env.PATH ?? '', ...env },
    }),
  )

async function connected(transport: Transport): Promise<Assistant> {
  const client = new Client({ name: 'test', version: '1' })
  await client.connect(transport)
  return {
    client,
    async call(name, args = {}) {
      const params = { name, arguments: args }
      const result = await client.request({ method: 'tools/call', params }, CallToolResultSchema)
      const text = result.content.map((part) => (part.type === 'text' ? part.text : '')).join('')
      return { isError: result.isError === true, text, ...partsOf(text) }
    },
    close: () => client.close(),
  }
}

/** Throws where the block is not as promised: one begin, one end, the same mark, JSON between. */
export function partsOf(text: string): Pick<ToolResult, 'said' | 'data'> {
  const marks = [...text.matchAll(/<\/?touchline-data [^>]*>/g)].map(([mark]) => mark)
  if (marks.length === 0) return { said: text, data: undefined }
  const found = /^([^]*)\n<touchline-data ([0-9a-f]{16})>\n(.*)\n<\/touchline-data \2>$/.exec(text)
  if (marks.length !== 2 || found === null) throw new Error(`not one block of data:\n${text}`)
  return { said: found[1] ?? '', data: JSON.parse(found[3] ?? '') as Record<string, unknown> }
}
